// PGM and PPM, the raw formats that need no library: https://netpbm.sourceforge.net/doc/ppm.html
#include <algorithm>
#include <cctype>
#include <cmath>

#include "errors.hpp"
#include "image.hpp"

namespace digits {
namespace {

constexpr std::size_t deepest = 65535;

/// Reads the header's numbers, between which there is white space and comments.
class Header {
  public:
    explicit Header(std::string_view file) : file_(file) {}

    std::size_t number() {
        skip_space();
        const std::size_t start = at_;
        std::size_t value = 0;
        while (at_ < file_.size() && is_digit(file_[at_])) {
            value = 10 * value + static_cast<std::size_t>(file_[at_++] - '0');
            if (at_ - start > 9) throw InputError("a damaged image: its header has a huge number");
        }
        if (at_ == start) throw InputError("a damaged image: its header lacks a number");
        return value;
    }

    /// What follows the one white space after the header.
    std::string_view rest() const { return file_.substr(std::min(at_ + 1, file_.size())); }

  private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    void skip_space() {
        while (at_ < file_.size()) {
            if (file_[at_] == '#') {
                at_ = std::min(file_.find('\n', at_), file_.size());
            } else if (std::isspace(static_cast<unsigned char>(file_[at_]))) {
                ++at_;
            } else {
                return;
            }
        }
    }

    std::string_view file_;
    std::size_t at_ = 2;
};

/// One sample, of one or two bytes, as a level of 0 to 255.
std::uint8_t level(const char* sample, std::size_t highest) {
    std::size_t value = static_cast<unsigned char>(sample[0]);
    if (highest > 255) value = 256 * value + static_cast<unsigned char>(sample[1]);
    if (highest == 255) return static_cast<std::uint8_t>(value);
    const double share = static_cast<double>(std::min(value, highest)) / double(highest);
    return static_cast<std::uint8_t>(std::lrint(255 * share));
}

}  // namespace

Images decode_portable_map(std::string_view file) {
    Header header(file);
    const std::size_t width = header.number();
    const std::size_t height = header.number();
    const std::size_t highest = header.number();
    check_size(width, height);
    if (highest == 0 || highest > deepest) throw InputError("a damaged image: no depth of levels");
    const std::size_t channels = file[1] == '6' ? 3 : 1;
    const std::size_t depth = highest > 255 ? 2 : 1;
    const std::string_view samples = header.rest();
    if (samples.size() / (channels * depth) < width * height) {
        throw InputError("a damaged image: the file ends too early");
    }
    Images image{1, static_cast<int>(width), static_cast<int>(height), {}};
    image.rgb.reserve(3 * width * height);
    for (std::size_t i = 0; i < 3 * width * height; ++i) {
        const std::size_t sample = channels == 3 ? i : i / 3;
        image.rgb.push_back(level(samples.data() + sample * depth, highest));
    }
    return image;
}

}  // namespace digits
