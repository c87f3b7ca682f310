#include "weights/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

namespace nadir {
namespace {

using Kind = PickleValue::Kind;

constexpr std::int64_t kMostOpcodes = 4'000'000;  // a checkpoint of 1,000 tensors has 0.1 million
constexpr std::size_t kMostItems = 16'000'000;    // of all containers together: a short pickle can repeat one
constexpr std::uint64_t kLongestText = 64U << 20;  // bytes

struct OpcodeName {
  unsigned char code;
  const char* name;
};
// Those that a checkpoint has no use for; named when they are refused.
constexpr std::array<OpcodeName, 27> kRefused = {{{'0', "POP"},          {'1', "POP_MARK"},
                                                  {'2', "DUP"},          {'F', "FLOAT"},
                                                  {'I', "INT"},          {'L', "LONG"},
                                                  {'P', "PERSID"},       {'S', "STRING"},
                                                  {'V', "UNICODE"},      {'d', "DICT"},
                                                  {'g', "GET"},          {'i', "INST"},
                                                  {'l', "LIST"},         {'o', "OBJ"},
                                                  {'p', "PUT"},          {0x82, "EXT1"},
                                                  {0x83, "EXT2"},        {0x84, "EXT4"},
                                                  {0x92, "NEWOBJ_EX"},   {0x96, "BYTEARRAY8"},
                                                  {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"},
                                                  {'T', "BINSTRING"},    {0x8d, "BINUNICODE8"},
                                                  {0x8e, "BINBYTES8"},   {0x8b, "LONG4"},
                                                  {0x91, "FROZENSET"}}};

std::string opcode_text(char opcode) {
  const auto code = static_cast<unsigned char>(opcode);
  for (const OpcodeName& each : kRefused) {
    if (each.code == code) return std::string("opcode ") + each.name;
  }
  constexpr const char* kDigits = "0123456789abcdef";
  return std::string("unknown opcode 0x") + kDigits[code >> 4] + kDigits[code & 15];
}

class Machine {
 public:
  Machine(ByteStream& stream, const std::function<bool(std::string_view)>& is_known)
      : stream_(stream), is_known_(is_known) {}

  Pickle run() {
    for (std::int64_t count = 0; count < kMostOpcodes; ++count) {
      const char opcode = stream_.byte();
      if (opcode == '.') return finish();
      if (!scalar(opcode) && !container(opcode) && !memo(opcode) && !object(opcode)) {
        refuse(opcode_text(opcode) + " is refused: checkpoints of tensors and containers do not need it");
      }
    }
    refuse("has more than " + std::to_string(kMostOpcodes) + " opcodes");
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    stream_.file().refuse("pickle, byte " + std::to_string(stream_.position()) + ": " + why);
  }

  Pickle finish() {
    pickle_.root = pop();
    pickle_.end = stream_.position();
    return std::move(pickle_);
  }

  // Numbers, texts and constants.
  bool scalar(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case 0x80:
        stream_.byte();
        return true;  // PROTO: the opcodes say themselves what they are
      case 0x95:
        stream_.take(8);
        return true;  // FRAME: a hint for reading ahead
      case 'N':
        push(Kind::kNone);
        return true;
      case 0x88:
        push(Kind::kBool).integer = 1;
        return true;
      case 0x89:
        push(Kind::kBool);
        return true;
      case 'J':
        push(Kind::kInt).integer = static_cast<std::int32_t>(number<std::uint32_t>());
        return true;
      case 'K':
        push(Kind::kInt).integer = number<std::uint8_t>();
        return true;
      case 'M':
        push(Kind::kInt).integer = number<std::uint16_t>();
        return true;
      case 0x8a:
        push_long(number<std::uint8_t>());
        return true;
      case 'G':
        push_double();
        return true;
      case 'X':
        push_text(Kind::kText, number<std::uint32_t>());
        return true;
      case 0x8c:
        push_text(Kind::kText, number<std::uint8_t>());
        return true;
      case 'U':
        push_text(Kind::kText, number<std::uint8_t>());
        return true;
      case 'B':
        push_text(Kind::kBytes, number<std::uint32_t>());
        return true;
      case 'C':
        push_text(Kind::kBytes, number<std::uint8_t>());
        return true;
      default:
        return false;
    }
  }

  bool container(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case '}':
        push(Kind::kMap);
        return true;
      case ']':
        push(Kind::kList);
        return true;
      case ')':
        push(Kind::kTuple);
        return true;
      case 0x8f:
        push(Kind::kList);
        return true;  // EMPTY_SET
      case 't':
        push_tuple(pop_to_mark());
        return true;
      case 0x85:
        push_tuple(pop_many(1));
        return true;
      case 0x86:
        push_tuple(pop_many(2));
        return true;
      case 0x87:
        push_tuple(pop_many(3));
        return true;
      case 'a':
        extend(Kind::kList, pop_many(1));
        return true;
      case 'e':
        extend(Kind::kList, pop_to_mark());
        return true;
      case 0x90:
        extend(Kind::kList, pop_to_mark());
        return true;  // ADDITEMS
      case 's':
        extend(Kind::kMap, pop_many(2));
        return true;
      case 'u':
        extend(Kind::kMap, pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  bool memo(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case 'q':
        memo_[number<std::uint8_t>()] = top();
        return true;
      case 'r':
        memo_[number<std::uint32_t>()] = top();
        return true;
      case 0x94:
        memo_[static_cast<std::uint32_t>(memo_.size())] = top();
        return true;  // MEMOIZE
      case 'h':
        push_memo(number<std::uint8_t>());
        return true;
      case 'j':
        push_memo(number<std::uint32_t>());
        return true;
      default:
        return false;
    }
  }

  bool object(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case 'c': {
        const std::string module = line();
        push_global(module + "." + line());
        return true;
      }
      case 0x93: {  // STACK_GLOBAL
        const std::string name = pop_text(), module = pop_text();
        push_global(module + "." + name);
        return true;
      }
      case 'Q': {
        const PickleValue* id = pop();
        if (id->kind != Kind::kTuple) refuse("a persistent object has no tuple for its name");
        push_items(Kind::kPersistent, id->items);
        return true;
      }
      case 'R':
      case 0x81:
        call();
        return true;  // REDUCE, NEWOBJ
      case 'b':
        build();
        return true;
      default:
        return false;
    }
  }

  template <class Number>
  Number number() {
    return little_endian<Number>(stream_.take(sizeof(Number)).data());
  }
  std::string line() {
    std::string text = stream_.line();
    if (text.size() > ByteStream::kLongestLine)
      refuse("a global's name has " + std::to_string(text.size()) + " bytes");
    return text;
  }

  PickleValue& push(Kind kind) {
    PickleValue& value = pickle_.values.emplace_back();
    value.kind = kind;
    stack_.push_back(&value);
    return value;
  }
  void push_text(Kind kind, std::uint64_t size) {
    if (size > kLongestText) refuse("a text would have " + std::to_string(size) + " bytes");
    push(kind).text = stream_.take(size);
  }
  void push_long(std::size_t size) {
    const std::string bytes = stream_.take(size);
    if (size > 8) {
      push(Kind::kLong).text = bytes;
      return;
    }
    std::uint64_t value = size > 0 && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = size; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    push(Kind::kInt).integer = static_cast<std::int64_t>(value);
  }
  void push_double() {
    std::string bytes = stream_.take(8);
    std::reverse(bytes.begin(), bytes.end());  // the one number that a pickle has big-endian
    push(Kind::kFloat).number = std::bit_cast<double>(little_endian<std::uint64_t>(bytes.data()));
  }
  PickleValue& push_items(Kind kind, std::vector<const PickleValue*> items) {
    count_items(items.size());
    PickleValue& value = push(kind);
    value.items = std::move(items);
    return value;
  }
  void push_tuple(const std::vector<PickleValue*>& items) {
    push_items(Kind::kTuple, {items.begin(), items.end()});
  }
  void count_items(std::size_t count) {
    items_ += count;
    if (items_ > kMostItems) refuse("its containers have more than " + std::to_string(kMostItems) + " items");
  }
  void push_memo(std::uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) refuse("takes value " + std::to_string(index) + ", which was never kept");
    stack_.push_back(found->second);
  }
  void push_global(const std::string& name) {
    if (!is_known_(name)) {
      refuse("'" + name +
             "' is refused: only tensors and containers can be read. Save the weights alone in "
             "Python, torch.save(model.state_dict(), file), and read that file");
    }
    push(Kind::kGlobal).text = name;
  }

  PickleValue* top() const {
    if (stack_.empty()) refuse("takes a value from an empty stack");
    return stack_.back();
  }
  PickleValue* pop() {
    PickleValue* value = top();
    if (!marks_.empty() && stack_.size() <= marks_.back()) refuse("takes a value from below a mark");
    stack_.pop_back();
    return value;
  }
  std::string pop_text() {
    const PickleValue* value = pop();
    if (value->kind != Kind::kText) refuse("a global's name is no text");
    return value->text;
  }
  std::vector<PickleValue*> pop_many(std::size_t count) {
    std::vector<PickleValue*> items(count);
    while (count > 0) items[--count] = pop();
    return items;
  }
  std::vector<PickleValue*> pop_to_mark() {
    if (marks_.empty()) refuse("takes values back to a mark that was never set");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  void extend(Kind kind, const std::vector<PickleValue*>& items) {
    PickleValue* target = top();
    if (target->kind != kind) refuse("puts items into what is not a container");
    if (kind == Kind::kMap && items.size() % 2 != 0) refuse("puts a key without a value into a dict");
    count_items(items.size());
    target->items.insert(target->items.end(), items.begin(), items.end());
  }

  void call() {
    const PickleValue* arguments = pop();
    const PickleValue* callee = pop();
    if (callee->kind != Kind::kGlobal || arguments->kind != Kind::kTuple) {
      refuse("calls what is not the name of a function, which is refused");
    }
    if (!make_container(callee->text, arguments->items)) {
      push_items(Kind::kCall, arguments->items).text = callee->text;
    }
  }

  // The constructors of containers; they take nothing or one container.
  bool make_container(const std::string& name, const std::vector<const PickleValue*>& arguments) {
    const bool map = name == "collections.OrderedDict" || name == "collections.Counter" ||
                     name == "builtins.dict" || name == "__builtin__.dict";
    const bool tuple = name == "torch.Size" || name == "builtins.tuple";
    const bool list = name == "builtins.set" || name == "__builtin__.set" || name == "builtins.list" ||
                      name == "builtins.frozenset" || name == "__builtin__.frozenset";
    if (!map && !tuple && !list) return false;
    if (arguments.size() > 1) refuse("'" + name + "' takes one argument");
    std::vector<const PickleValue*> items;
    if (!arguments.empty()) items = arguments[0]->items;
    if (map && !arguments.empty() && arguments[0]->kind != Kind::kMap) items = pairs(items);
    push_items(map ? Kind::kMap : tuple ? Kind::kTuple : Kind::kList, std::move(items));
    return true;
  }

  std::vector<const PickleValue*> pairs(const std::vector<const PickleValue*>& items) const {
    std::vector<const PickleValue*> flat;
    for (const PickleValue* each : items) {
      if (each->items.size() != 2) refuse("a dict is made of what are not pairs");
      flat.insert(flat.end(), each->items.begin(), each->items.end());
    }
    return flat;
  }

  // Attributes of an object. Those of dicts (`_metadata`), of parameters and of numpy's types say nothing
  // that is needed.
  void build() {
    pop();
    const PickleValue* target = top();
    if (target->kind != Kind::kMap && target->kind != Kind::kCall) {
      refuse("opcode BUILD is refused for what is no dict or tensor");
    }
  }

  ByteStream& stream_;
  const std::function<bool(std::string_view)>& is_known_;
  Pickle pickle_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleValue*> memo_;
  std::size_t items_ = 0;
};

}  // namespace

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind != Kind::kMap) return nullptr;
  for (std::size_t i = items.size(); i >= 2; i -= 2) {  // the last of equal keys counts
    if (items[i - 2]->kind == Kind::kText && items[i - 2]->text == key) return items[i - 1];
  }
  return nullptr;
}

Pickle read_pickle(ByteStream& stream, const std::function<bool(std::string_view)>& is_known) {
  return Machine(stream, is_known).run();
}

}  // namespace nadir
