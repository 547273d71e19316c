// Image files → RGB pixels, as the graphs in image.* take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace digits {

/// One image or several of one size: RGB, uint8 [count, height, width, 3], without gaps.
struct Images {
    int count = 0;
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

/// Decodes a PNG, PGM (P5) or PPM (P6) file and halves it until it is as small as reading needs.
/// Throws InputError.
Images read_image(const std::filesystem::path& path);

/// Appends an image if it has the size of the others, and if together they aren't too many.
bool append(Images& images, const Images& image);

/// Refuses an image whose pixels would fill the memory. Throws InputError.
void check_size(std::size_t width, std::size_t height);

// The decoders, one source file each. They take a whole file; all throw InputError.
Images decode_png(std::string_view file);
Images decode_portable_map(std::string_view file);

}  // namespace digits
