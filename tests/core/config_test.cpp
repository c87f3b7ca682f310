#include <gtest/gtest.h>

#include "nadir/config.h"

namespace nadir {
namespace {

struct Inner {
  double rate = 0.5;
  std::vector<std::int64_t> sizes = {1, 2};
  void fields(FieldVisitor& visit) {
    visit.field("rate", rate, between(0, 1));
    visit.field("sizes", sizes, at_least(1));
  }
};

struct Outer {
  std::string name;
  std::int64_t epochs = 3;
  bool flip = false;
  std::string mode = "fp32";
  std::optional<double> resolution;
  Inner inner;
  std::vector<Inner> many;
  void fields(FieldVisitor& visit) {
    visit.field("name", name);
    visit.field("epochs", epochs, at_least(1));
    visit.field("flip", flip);
    visit.field("mode", mode, {"fp32", "bf16"});
    visit.field("resolution", resolution, above(0));
    visit.field("inner", inner);
    visit.field("many", many);
  }
};

std::string error_of(const std::string& yaml) {
  try {
    read_config<Outer>(parse_yaml(yaml, "r.yaml"), "recipe");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ConfigTest, ReadsWhatIsThereAndKeepsDefaults) {
  const auto config = read_config<Outer>(parse_yaml(
      "name: a\nepochs: 7\ninner: {sizes: 5}\nmany:\n- {rate: 0}\n- {}\nresolution: 1e1\n", "r.yaml"));
  EXPECT_EQ(config.name, "a");
  EXPECT_EQ(config.epochs, 7);
  EXPECT_EQ(config.inner.rate, 0.5);
  EXPECT_EQ(config.inner.sizes, std::vector<std::int64_t>{5});
  ASSERT_EQ(config.many.size(), 2U);
  EXPECT_EQ(config.many[0].rate, 0);
  EXPECT_EQ(config.resolution, 10.0);
}

TEST(ConfigTest, WritesEveryDefaultAndReadsItBack) {
  Outer config;
  config.name = "yes";  // must come back as a text, not as a truth value
  config.many.resize(2);
  config.many[1].rate = 0.1;
  const std::string yaml = to_yaml(write_config(config));
  EXPECT_NE(yaml.find("mode: fp32"), std::string::npos) << yaml;
  const auto again = read_config<Outer>(parse_yaml(yaml, "again"));
  EXPECT_EQ(to_yaml(write_config(again)), yaml);
  EXPECT_EQ(again.name, "yes");
  EXPECT_EQ(again.many[1].rate, 0.1);
}

TEST(ConfigTest, UnknownKeyNamesFileLineAndNearest) {
  const std::string message = error_of("name: a\ninner:\n  ratte: 1\n");
  EXPECT_NE(message.find("r.yaml:3: recipe.inner: unknown setting 'ratte'"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean 'rate'?"), std::string::npos) << message;
}

TEST(ConfigTest, WrongTypesAndRangesNameFieldAndValue) {
  EXPECT_EQ(error_of("epochs: many"), "r.yaml:1: recipe.epochs: expected a whole number, found 'many'");
  EXPECT_EQ(error_of("epochs: 0"), "r.yaml:1: recipe.epochs: expected a whole number at least 1, found '0'");
  EXPECT_EQ(error_of("epochs: '3'"), "r.yaml:1: recipe.epochs: expected a whole number, found '3'");
  EXPECT_EQ(error_of("flip: 2"), "r.yaml:1: recipe.flip: expected true or false, found '2'");
  EXPECT_EQ(error_of("inner: {rate: 1.5}"),
            "r.yaml:1: recipe.inner.rate: expected a number at least 0 and at most 1, found '1.5'");
  EXPECT_EQ(error_of("inner: {rate: nan}"), "r.yaml:1: recipe.inner.rate: expected a number, found 'nan'");
  EXPECT_EQ(error_of("inner: [1]"), "r.yaml:1: recipe.inner: expected a map of settings, found a list");
  EXPECT_EQ(error_of("mode: bf61"),
            "r.yaml:1: recipe.mode: expected one of fp32 and bf16 (did you mean 'bf16'?), found 'bf61'");
  EXPECT_EQ(error_of("many: {rate: 1}"), "r.yaml:1: recipe.many: expected a list, found a map");
}

TEST(ConfigTest, BrokenYamlNamesTheLine) {
  EXPECT_NE(error_of("name: a\nepochs: [1,\n").find("r.yaml:"), std::string::npos);
  EXPECT_NE(error_of("name: a\nname: b\n").find("r.yaml:2: 'name' is given twice"), std::string::npos);
  EXPECT_NE(error_of("name: !!python/object:x {}\n").find("tag"), std::string::npos);
  EXPECT_THROW(read_yaml("/nonexistent/recipe.yaml"), ConfigError);
}

TEST(ConfigTest, OverridesReachInto) {
  ConfigNode root = parse_yaml("epochs: 3\nmany: [{rate: 0.1}]\n", "r.yaml");
  apply_override(root, "inner.rate=0.25");
  apply_override(root, "many.0.rate=0.75");
  apply_override(root, "epochs=9");
  const auto config = read_config<Outer>(root);
  EXPECT_EQ(config.epochs, 9);
  EXPECT_EQ(config.inner.rate, 0.25);
  EXPECT_EQ(config.many[0].rate, 0.75);
  EXPECT_THROW(apply_override(root, "epochs"), ConfigError);
  EXPECT_THROW(apply_override(root, "many.4.rate=1"), ConfigError);
  EXPECT_THROW(apply_override(root, "a..b=1"), ConfigError);
}

TEST(ConfigTest, OverridesReachKeysThatHaveDots) {
  ConfigNode root = parse_yaml("loss: {study002.ce_dice: {beta: 0.5}}\nplain: study002.ce_dice\n", "r.yaml");
  apply_override(root, "loss.study002.ce_dice.beta=0.2");
  apply_override(root, "plain.study002.ce_dice.beta=0.4");
  EXPECT_EQ(root.find("loss")->find("study002.ce_dice")->find("beta")->text(), "0.2");
  EXPECT_EQ(root.find("plain")->find("study002.ce_dice")->find("beta")->text(), "0.4");
  EXPECT_THROW(apply_override(root, "loss.study002.ce_dice.=0.2"), ConfigError);
}

TEST(ConfigTest, OverridesReachIntoShortForms) {
  ConfigNode root = parse_yaml("loss: {dice: 1, focal: 2}\nmodel: unet\naugment: [flip]\n", "r.yaml");
  apply_override(root, "loss.dice.weight=0.3");
  apply_override(root, "loss.focal.gamma=3");
  apply_override(root, "model.unet.start=16");
  apply_override(root, "augment.0.flip.vertical=0");
  const ConfigNode& loss = *root.find("loss");
  EXPECT_EQ(loss.find("dice")->find("weight")->text(), "0.3");
  EXPECT_EQ(loss.find("focal")->find("weight")->text(), "2");
  EXPECT_EQ(loss.find("focal")->find("gamma")->text(), "3");
  EXPECT_EQ(root.find("model")->find("unet")->find("start")->text(), "16");
  EXPECT_EQ(root.find("augment")->items()[0].find("flip")->find("vertical")->text(), "0");
}

TEST(ConfigTest, OverridesNameTheCommandLineInErrors) {
  ConfigNode root = parse_yaml("epochs: 3\n", "r.yaml");
  apply_override(root, "epochs=-1");
  try {
    read_config<Outer>(root, "recipe");
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "command line: epochs=-1: recipe.epochs: expected a whole number at least 1, found '-1'");
  }
}

struct Product {
  std::string text;
};
Product make_product(const Inner& config, int times) { return {std::to_string(config.rate * times)}; }
const Registry<Product, int>& products() {
  using Products = Registry<Product, int>;
  static const Products registry("product", {Products::item<Inner>("inner", "An inner.", make_product)});
  return registry;
}
struct WithParts {
  Component one;
  std::vector<Component> all;
  void fields(FieldVisitor& visit) {
    visit.component("one", one, products());
    visit.components("all", all, products(), "rate");
  }
};

TEST(RegistryTest, ResolvesOptionsAndMakes) {
  const auto parts = read_config<WithParts>(parse_yaml("one: inner\nall: {inner: 0.25}\n", "r.yaml"));
  EXPECT_EQ(products().make(parts.one, 4).text, std::to_string(2.0));
  ASSERT_EQ(parts.all.size(), 1U);
  EXPECT_EQ(products().make(parts.all[0], 4).text, std::to_string(1.0));
  EXPECT_EQ(to_yaml(parts.all[0].options), "rate: 0.25\nsizes: [1, 2]\n");
  const auto again = read_config<WithParts>(parse_yaml(to_yaml(write_config(parts)), "again"));
  EXPECT_TRUE(again.one == parts.one && again.all == parts.all);
}

TEST(RegistryTest, UnknownNameListsKnownAndNearest) {
  try {
    read_config<WithParts>(parse_yaml("\none: iner\n", "r.yaml"));
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "r.yaml:2: product 'iner' is unknown; did you mean 'inner'? Known: inner");
  }
}

}  // namespace
}  // namespace nadir
