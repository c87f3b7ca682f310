#include "weights/download.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "nadir/error.h"
#include "temporary_folder.h"
#include "weights/http_server.h"
#include "weights/sha256.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
void put(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }
std::string hash_of(const std::string& bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

TEST(Sha256Test, FindsTheKnownHashes) {
  // FIPS 180-4's examples, and the empty text's.
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DownloadTest, HashesStandInPublishedNames) {
  EXPECT_EQ(hash_in_name("resnet34-b627a593.pth"), "b627a593");
  EXPECT_EQ(hash_in_name("efficientnet_b4_ra2_320-7eb33cd5.pth"), "7eb33cd5");
  EXPECT_EQ(hash_in_name("weights.pth"), "");
}

TEST(DownloadTest, TheCacheIsWhereTheEnvironmentSays) {
  setenv("HOME", "/home/x", 1);
  setenv("XDG_CACHE_HOME", "", 1);
  setenv("NADIR_CACHE", "", 1);
  EXPECT_EQ(cache_folder(), "/home/x/.cache/nadir");
  setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(cache_folder(), "/caches/nadir");
  setenv("NADIR_CACHE", "/own", 1);
  EXPECT_EQ(cache_folder(), "/own");
}

class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    for (const char* each : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(each);
    for (std::size_t i = 0; i < body_.size(); ++i) body_[i] = static_cast<char>(i * i >> 3);
    name_ = "net-" + hash_of(body_).substr(0, 8) + ".pth";
  }
  // What the file's server with ranges says.
  HttpReply part_from(std::size_t first) const {
    HttpReply reply{"206 Partial Content",
                    "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(body_.size() - 1) +
                        "/" + std::to_string(body_.size()) + "\r\n",
                    body_.substr(first)};
    if (first == 0) reply = {"200 OK", "", body_};
    return reply;
  }
  fs::path file() const { return folder_ / name_; }
  fs::path part() const { return folder_ / (name_ + ".part"); }
  std::string error_of(const HttpServer& server) {
    try {
      fetch(server.url(name_), folder_.path(), silent_observer());
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  }
  void expect_whole() const {
    EXPECT_EQ(bytes_of(file()), body_);
    EXPECT_FALSE(fs::exists(part()));
  }

  TemporaryFolder folder_;
  std::string body_ = std::string(300'000, 'x');
  std::string name_;
};

TEST_F(FetchTest, FetchesOnceAndTellsHowFarItIs) {
  struct Observer final : ProgressObserver {
    void progress(const Progress& progress) override { last = progress; }
    void message(const std::string& line) override { lines += line; }
    Progress last;
    std::string lines;
  } observer;
  HttpServer server([&](std::size_t first, int) { return part_from(first); });
  EXPECT_EQ(fetch(server.url(name_), folder_.path(), observer), file());
  expect_whole();
  EXPECT_EQ(observer.last.done, 300'000);
  EXPECT_EQ(observer.last.total, 300'000);
  EXPECT_NE(observer.lines.find(name_), std::string::npos);
  fetch(server.url(name_), folder_.path(), observer);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(FetchTest, TakesABrokenConnectionUpAgain) {
  std::vector<std::size_t> asked;
  HttpServer server([&](std::size_t first, int request) {
    asked.push_back(first);
    HttpReply reply = part_from(first);
    if (request < 3) reply.send = 100'000;
    return reply;
  });
  EXPECT_EQ(error_of(server), "no error");
  expect_whole();
  EXPECT_EQ(asked, (std::vector<std::size_t>{0, 100'000, 200'000}));
}

TEST_F(FetchTest, GoesOnWhereAnEarlierRunStopped) {
  put(part(), body_.substr(0, 250'000));
  std::size_t asked = 0;
  HttpServer server([&](std::size_t first, int) {
    asked = first;
    return part_from(first);
  });
  EXPECT_EQ(error_of(server), "no error");
  EXPECT_EQ(asked, 250'000U);
  expect_whole();
}

TEST_F(FetchTest, BeginsAnewWithAServerThatKnowsNoRanges) {
  put(part(), body_.substr(0, 1000));
  HttpServer server([&](std::size_t, int) { return HttpReply{"200 OK", "", body_}; });
  EXPECT_EQ(error_of(server), "no error");
  expect_whole();
}

TEST_F(FetchTest, BeginsAnewWhenWhatWasThereIsOfAnotherFile) {
  put(part(), std::string(1000, '?'));
  HttpServer server([&](std::size_t first, int) { return part_from(first); });
  EXPECT_EQ(error_of(server), "no error");
  expect_whole();
}

TEST_F(FetchTest, BeginsAnewWhenMoreIsThereThanTheServerHas) {
  put(part(), body_ + "more");
  HttpServer server([&](std::size_t first, int) {
    return first > body_.size() ? HttpReply{"416 Range Not Satisfiable"} : part_from(first);
  });
  EXPECT_EQ(error_of(server), "no error");
  expect_whole();
}

TEST_F(FetchTest, ThrowsAwayWhatHasAnotherHash) {
  HttpServer server([&](std::size_t, int) { return HttpReply{"200 OK", "", "something else"}; });
  const std::string message = error_of(server);
  EXPECT_NE(message.find("SHA-256 " + hash_of("something else")), std::string::npos) << message;
  EXPECT_NE(message.find(hash_of(body_).substr(0, 8)), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_FALSE(fs::exists(part()));
}

TEST_F(FetchTest, SaysWhatIsMissingAndWhereToPutIt) {
  std::string gone_url;
  {
    HttpServer server([&](std::size_t, int) { return HttpReply{"404 Not Found", "", "no"}; });
    const std::string message = error_of(server);
    EXPECT_NE(message.find("404"), std::string::npos) << message;
    EXPECT_NE(message.find(server.url(name_)), std::string::npos) << message;
    EXPECT_NE(message.find("put it here: " + file().string()), std::string::npos) << message;
    EXPECT_EQ(server.requests(), 1);
    gone_url = server.url(name_);
  }
  try {
    fetch(gone_url, folder_.path(),
          silent_observer());  // nobody listens there any more: as without a network
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("put it here"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(part()));
}

TEST_F(FetchTest, GivesUpOnAServerThatSendsNothing) {
  HttpServer server([&](std::size_t first, int) {
    HttpReply reply = part_from(first);
    reply.send = first == 0 ? 1000 : 0;
    return reply;
  });
  EXPECT_NE(error_of(server).find("could not be fetched"), std::string::npos);
  EXPECT_EQ(fs::file_size(part()), 1000U);  // the next run goes on there
}

TEST_F(FetchTest, StopsWhenAskedAndKeepsWhatCame) {
  struct Stopper final : ProgressObserver {
    void progress(const Progress& progress) override {
      if (progress.done > 0) request_stop();
    }
  } stopper;
  HttpServer server([&](std::size_t first, int) {
    HttpReply reply = part_from(first);
    reply.send = 200'000;  // so that it cannot be over before it is stopped
    return reply;
  });
  EXPECT_THROW(fetch(server.url(name_), folder_.path(), stopper), Interrupted);
  clear_stop();
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_TRUE(fs::exists(part()));
}

}  // namespace
}  // namespace nadir
