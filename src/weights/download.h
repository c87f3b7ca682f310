// Published files of weights, fetched once and kept.
#pragma once

#include <filesystem>
#include <string>

#include "nadir/runtime.h"

namespace nadir {

// Where fetched files are kept: $NADIR_CACHE, $XDG_CACHE_HOME/nadir, or ~/.cache/nadir. Throws ConfigError
// where the environment names none of them.
std::filesystem::path cache_folder();

// The beginning of the SHA-256 that a published file's name carries, "b627a593" of "resnet34-b627a593.pth";
// "" for none.
std::string hash_in_name(const std::string& name);

// The file of `url` in `folder`. When it is not there, it is fetched to NAME.part, which a later call
// continues, checked against the hash in its name, and renamed. One process fetches at a time; others wait
// for it. Throws ModelError with the address and where to put the file by hand: no network, not found, wrong
// hash, built without NADIR_DOWNLOAD; DataError where the folder cannot be written; Interrupted after a
// request to stop.
std::filesystem::path fetch(const std::string& url, const std::filesystem::path& folder,
                            ProgressObserver& observer);

}  // namespace nadir
