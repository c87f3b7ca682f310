#include "weights/hdf5/tree.h"

#include <algorithm>
#include <deque>
#include <set>

namespace nadir::hdf5 {
namespace {

constexpr int kDeepest = 64;  // groups within groups
constexpr int kHighest = 32;  // levels of a B-tree
constexpr const char* kDense = "in HDF5's dense form, which Keras does not write and nadir does not read";

struct Block {
  std::uint64_t offset = 0, bytes = 0;
};

class TreeReader {
 public:
  // Each structure is read once, and so is each name.
  explicit TreeReader(const Bytes& file) : file_(file), budget_(file, 2 * file.size()) {}

  std::unique_ptr<Object> object(std::uint64_t address, int depth) {
    if (depth > kDeepest) file_.refuse("its groups are nested too deeply");
    if (!seen_.insert(address).second) file_.refuse("one of its objects is linked twice");
    auto result = std::make_unique<Object>();
    result->messages = header(address);
    add_links(*result, depth);
    return result;
  }

  std::uint64_t root() {
    const std::string text = budget_.text(0, std::min<std::uint64_t>(file_.size(), 96));
    Cursor cursor(file_, text, "its superblock");
    cursor.expect("\x89HDF\r\n\x1a\n");
    const int version = cursor.byte();
    if (version > 3) cursor.refuse("is of version " + std::to_string(version) + "; known are 0 to 3");
    if (version < 2) cursor.skip(4);  // versions of what it points at
    if (cursor.byte() != 8 || cursor.byte() != 8) cursor.refuse("has offsets that are not of 8 bytes");
    cursor.skip(version == 0 ? 9 : version == 1 ? 13 : 1);
    if (cursor.number(8) != 0) cursor.refuse("has a base address");
    cursor.skip(8);
    const std::uint64_t end = cursor.number(8);
    if (end > file_.size()) {
      file_.refuse("has " + std::to_string(file_.size()) + " of " + std::to_string(end) +
                   " bytes (cut short?)");
    }
    if (version < 2) cursor.skip(16);
    return cursor.number(8);
  }

 private:
  // A header of version 1 begins with its version, one of version 2 with a signature.
  std::vector<Message> header(std::uint64_t address) {
    const bool is_new = file_.text(address, 4) == "OHDR";
    std::deque<Block> blocks{is_new ? first_of_version_2(address) : first_of_version_1(address)};
    std::vector<Message> messages;
    for (bool first = true; !blocks.empty(); first = false) {
      const std::string text = budget_.text(blocks[0].offset, blocks[0].bytes);
      blocks.pop_front();
      Cursor cursor(file_, text, "an object's header");
      if (is_new && !first) cursor.expect("OCHK");
      add_messages(cursor, is_new, messages, blocks);
    }
    return messages;
  }

  Block first_of_version_1(std::uint64_t address) {
    constexpr std::uint64_t kPrefix = 16;
    const std::string text = budget_.text(address, kPrefix);
    Cursor cursor(file_, text, "an object's header");
    if (const int version = cursor.byte(); version != 1) {
      cursor.refuse("is of version " + std::to_string(version) + "; known are 1 and 2 (damaged?)");
    }
    cursor.skip(7);
    message_flags_ = 0;
    return {address + kPrefix, cursor.number(4)};
  }

  Block first_of_version_2(std::uint64_t address) {
    constexpr std::uint64_t kLongest = 34;
    const std::string text = file_.text(address, std::min(kLongest, file_.size() - address));
    Cursor cursor(file_, text, "an object's header");
    cursor.expect("OHDR");
    if (cursor.byte() != 2) cursor.refuse("is of an unknown version");
    const int flags = cursor.byte();
    cursor.skip((flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0));  // times, limits of attributes
    message_flags_ = flags;
    const std::uint64_t bytes = cursor.number(1 << (flags & 3));
    const std::uint64_t prefix = text.size() - cursor.left();
    budget_.take(prefix);
    return {address + prefix, bytes};
  }

  void add_messages(Cursor& cursor, bool is_new, std::vector<Message>& messages, std::deque<Block>& blocks) {
    const std::uint64_t prefix = !is_new ? 8 : message_flags_ & 0x04 ? 6 : 4;
    while (cursor.left() >= prefix) {
      Message message;
      message.type = static_cast<std::uint16_t>(cursor.number(is_new ? 1 : 2));
      const std::uint64_t bytes = cursor.number(2);
      message.shared = (cursor.byte() & 0x02) != 0;
      cursor.skip(prefix - (is_new ? 4 : 5));
      if (is_new && bytes > cursor.left()) return;  // a gap before the checksum
      message.body = cursor.bytes(bytes);
      if (message.type == kContinuation) {
        Cursor body(file_, message.body, "an object's header");
        const std::uint64_t offset = body.number(8), length = body.number(8);
        blocks.push_back({offset, is_new ? length - std::min<std::uint64_t>(length, 4) : length});
      } else if (message.type != 0) {
        messages.push_back(std::move(message));
      }
    }
  }

  void add_links(Object& object, int depth) {
    for (const Message& each : object.messages) {
      Cursor cursor(file_, each.body, "a message of a header");
      if (each.type == kSymbolTable) {
        object.is_group = true;
        const std::uint64_t tree = cursor.number(8);
        heap_ = local_heap(cursor.number(8));
        std::map<std::string, std::uint64_t> links;
        add_symbols(tree, -1, links);
        for (const auto& [name, address] : links) add_child(object, name, address, depth);
      } else if (each.type == kLinkInfo) {
        object.is_group = true;
        refuse_dense_links(cursor);
      } else if (each.type == kLink) {
        object.is_group = true;
        add_link(object, cursor, depth);
      }
    }
  }

  void add_child(Object& parent, const std::string& name, std::uint64_t address, int depth) {
    if (name.empty() || name.find('/') != std::string::npos) {
      file_.refuse("has an object whose name is no name: '" + name + "' (damaged?)");
    }
    if (parent.children.contains(name)) file_.refuse("has two objects of the name '" + name + "'");
    parent.children[name] = object(address, depth + 1);
  }

  void refuse_dense_links(Cursor& cursor) {
    cursor.skip(1);
    if (cursor.byte() & 0x01) cursor.skip(8);  // creation order
    if (cursor.number(8) != kUndefined) file_.refuse(std::string("has a group ") + kDense);
  }

  void add_link(Object& object, Cursor& cursor, int depth) {
    if (cursor.byte() != 1) cursor.refuse("is a link of an unknown version");
    const int flags = cursor.byte();
    const int type = flags & 0x08 ? cursor.byte() : 0;
    cursor.skip((flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0));
    const std::string name(cursor.bytes(cursor.number(1 << (flags & 3))));
    if (type == 0) add_child(object, name, cursor.number(8), depth);
  }

  std::string local_heap(std::uint64_t address) {
    const std::string text = budget_.text(address, 32);
    Cursor cursor(file_, text, "a group's heap");
    cursor.expect("HEAP");
    cursor.skip(4);
    const std::uint64_t bytes = cursor.number(8);
    cursor.skip(8);
    return budget_.text(cursor.number(8), bytes);
  }

  // A node of a group's B-tree; `level` is what its parent says, -1 for the root.
  void add_symbols(std::uint64_t address, int level, std::map<std::string, std::uint64_t>& links) {
    constexpr std::uint64_t kPrefix = 24;
    const std::string head = budget_.text(address, kPrefix);
    Cursor cursor(file_, head, "a group's B-tree");
    cursor.expect("TREE");
    const int type = cursor.byte(), own = cursor.byte();
    if (type != 0 || own > kHighest || (level >= 0 && own != level)) cursor.refuse("is damaged");
    const std::uint64_t count = cursor.number(2);
    const std::string body = budget_.text(address + kPrefix, 8 + 16 * count);
    Cursor nodes(file_, body, "a group's B-tree");
    for (std::uint64_t i = 0; i < count; ++i) {
      nodes.skip(8);
      const std::uint64_t child = nodes.number(8);
      own == 0 ? add_symbol_node(child, links) : add_symbols(child, own - 1, links);
    }
  }

  void add_symbol_node(std::uint64_t address, std::map<std::string, std::uint64_t>& links) {
    constexpr std::uint64_t kPrefix = 8, kEntry = 40, kSoftLink = 2;
    const std::string head = budget_.text(address, kPrefix);
    Cursor cursor(file_, head, "a group's symbol table");
    cursor.expect("SNOD");
    cursor.skip(2);
    const std::uint64_t count = cursor.number(2);
    const std::string body = budget_.text(address + kPrefix, kEntry * count);
    Cursor entries(file_, body, "a group's symbol table");
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t name_at = entries.number(8), object = entries.number(8), kind = entries.number(4);
      entries.skip(20);
      if (kind == kSoftLink) continue;
      if (name_at >= heap_.size()) entries.refuse("has a name outside its heap");
      const std::string name = heap_.substr(name_at, heap_.find('\0', name_at) - name_at);
      budget_.take(name.size());
      if (!links.emplace(name, object).second) file_.refuse("has two objects of the name '" + name + "'");
    }
  }

  const Bytes& file_;
  Budget budget_;
  std::set<std::uint64_t> seen_;
  std::string heap_;       // names of the group at hand
  int message_flags_ = 0;  // of the header at hand, version 2
};

}  // namespace

const Message* Object::find(MessageType type) const {
  for (const Message& each : messages) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

std::unique_ptr<Object> read_tree(const Bytes& file) {
  TreeReader reader(file);
  return reader.object(reader.root(), 0);
}

}  // namespace nadir::hdf5
