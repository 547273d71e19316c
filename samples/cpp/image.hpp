// Image files → RGB pixels, as the graphs in image.* take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace digits {

/// RGB, uint8 [height, width, 3], without gaps between rows.
struct Image {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

/// Decodes a PNG, PGM (P5) or PPM (P6) file and halves it until it is as small as reading needs.
/// Throws InputError.
Image read_image(const std::filesystem::path& path);

/// Refuses an image whose pixels would fill the memory. Throws InputError.
void check_size(std::size_t width, std::size_t height);

// The decoders, one source file each. They take a whole file; all throw InputError.
Image decode_png(std::string_view file);
Image decode_portable_map(std::string_view file);

}  // namespace digits
