#include "image.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "errors.hpp"

namespace digits {
namespace {

namespace fs = std::filesystem;

// The runtime's own limits: see runtime/digits/images.py and encoded.py.
constexpr std::size_t pixel_limit = 100'000'000;
constexpr std::size_t byte_limit = 400'000'000;
constexpr std::size_t reading_area = 700'000;
// Larger batches leave the cache.
constexpr int batch_limit = 64;

std::string read_rest(std::ifstream& stream) {
    std::string bytes;
    std::string chunk(1 << 16, '\0');
    while (stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) ||
           stream.gcount()) {
        bytes.append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
        if (bytes.size() > byte_limit) throw InputError("too large: more than 400 MB");
    }
    return bytes;
}

std::string read_file(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
        const bool missing = status.type() == fs::file_type::not_found;
        throw InputError(missing ? "no such file" : "can't be read: " + error.message());
    }
    if (fs::is_directory(status)) throw InputError("is a folder, not an image");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError("no permission to read it");
    std::string bytes = read_rest(stream);
    if (bytes.empty()) throw InputError("the file is empty");
    return bytes;
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

Images decode(std::string_view file) {
    if (starts_with(file, "\x89PNG\r\n\x1a\n")) return decode_png(file);
    if (starts_with(file, "P5") || starts_with(file, "P6")) return decode_portable_map(file);
    throw InputError("not an image that can be read here: PNG, PGM (P5) and PPM (P6) are");
}

/// The mean of one channel in a square, at the right and lower edge of what there is of it.
std::uint8_t mean(const Images& image, int left, int top, int side, int channel) {
    const int right = std::min(left + side, image.width);
    const int bottom = std::min(top + side, image.height);
    const unsigned count = static_cast<unsigned>((right - left) * (bottom - top));
    unsigned sum = count / 2;
    for (int y = top; y < bottom; ++y) {
        const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width);
        for (int x = left; x < right; ++x) {
            sum += image.rgb[3 * (row + static_cast<std::size_t>(x)) + std::size_t(channel)];
        }
    }
    return static_cast<std::uint8_t>(sum / count);
}

Images reduced(const Images& image, int factor) {
    Images small;
    small.count = 1;
    small.width = (image.width + factor - 1) / factor;
    small.height = (image.height + factor - 1) / factor;
    small.rgb.reserve(3 * static_cast<std::size_t>(small.width) * std::size_t(small.height));
    for (int y = 0; y < image.height; y += factor) {
        for (int x = 0; x < image.width; x += factor) {
            for (int c = 0; c < 3; ++c) small.rgb.push_back(mean(image, x, y, factor, c));
        }
    }
    return small;
}

std::size_t area(const Images& image) {
    return static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
}

/// By what power of two both sides are divided so that few enough pixels remain.
int reduction(const Images& image) {
    std::size_t factor = 1;
    while (area(image) > reading_area * factor * factor) factor *= 2;
    return static_cast<int>(factor);
}

}  // namespace

Images read_image(const fs::path& path) {
    Images image = decode(read_file(path));
    const int factor = reduction(image);
    return factor == 1 ? image : reduced(image, factor);
}

bool append(Images& images, const Images& image) {
    if (images.count == 0) {
        images = image;
        return true;
    }
    const bool same_size = image.width == images.width && image.height == images.height;
    const std::size_t pixels = area(image) * static_cast<std::size_t>(images.count + 1);
    if (!same_size || images.count == batch_limit || pixels > reading_area) return false;
    ++images.count;
    images.rgb.insert(images.rgb.end(), image.rgb.begin(), image.rgb.end());
    return true;
}

void check_size(std::size_t width, std::size_t height) {
    if (width == 0 || height == 0) throw InputError("an image without pixels");
    // Each side is checked first, so that the product can't overflow.
    if (width > pixel_limit || height > pixel_limit || width * height > pixel_limit) {
        throw InputError("too large: " + std::to_string(width) + " x " + std::to_string(height) +
                         " pixels, the limit is 100 million");
    }
}

}  // namespace digits
