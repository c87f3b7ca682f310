#include <nadir/nadir.h>

#include <iostream>

int main() {
  const auto model = nadir::models().make("unet", {}, {.bands = 3, .classes = 8});
  std::cout << "nadir " << nadir::version() << ": " << nadir::count_parameters(*model).total
            << " parameters\n";
}
