// The objects of an HDF5 file (format specification 3.0, https://docs.hdfgroup.org/hdf5/): groups and arrays,
// each with its header's messages.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weights/hdf5/bytes.h"

namespace nadir::hdf5 {

enum MessageType : std::uint16_t {
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kFilters = 0x0B,
  kAttribute = 0x0C,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kAttributeInfo = 0x15,
};

struct Message {
  std::uint16_t type = 0;
  bool shared = false;  // stands elsewhere in the file; the body says where
  std::string body;
};

struct Object {
  bool is_group = false;
  std::vector<Message> messages;
  std::map<std::string, std::unique_ptr<Object>> children;  // of a group, by hard links

  // Its only message of a type, nullptr when there is none.
  const Message* find(MessageType type) const;
};

// Reads superblocks of versions 0 to 3, object headers of versions 1 and 2, groups that are symbol tables or
// lists of links. Throws ModelError: damaged, cut short, an object that is linked twice, and what Keras does
// not write: dense groups and attributes, offsets that are not of 8 bytes.
std::unique_ptr<Object> read_tree(const Bytes& file);

}  // namespace nadir::hdf5
