// PNG through libpng: https://libpng.org/pub/png/libpng-manual.txt
#include <png.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "errors.hpp"
#include "image.hpp"

namespace digits {
namespace {

/// What libpng reads from, and what it says when it can't.
struct Source {
    std::string_view left;
    std::array<char, 128> message{};
};

// libpng leaves by longjmp, which runs no destructors: nothing between here and the setjmp below
// may own anything.
[[noreturn]] void fail(png_structp png, png_const_charp message) {
    auto* source = static_cast<Source*>(png_get_error_ptr(png));
    std::snprintf(source->message.data(), source->message.size(), "%s", message);
    png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

void take(png_structp png, png_bytep bytes, std::size_t count) {
    auto* source = static_cast<Source*>(png_get_io_ptr(png));
    if (source->left.size() < count) png_error(png, "the file ends too early");
    std::memcpy(bytes, source->left.data(), count);
    source->left.remove_prefix(count);
}

/// Owns libpng's structures.
class Decoder {
  public:
    explicit Decoder(std::string_view file) : source_{file, {}} {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, fail, ignore);
        info_ = png_ ? png_create_info_struct(png_) : nullptr;
        if (!info_) {
            png_destroy_read_struct(&png_, nullptr, nullptr);
            throw InputError("libpng can't begin: no memory, or not the version of its headers");
        }
        png_set_read_fn(png_, &source_, take);
        png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_size has its own
    }
    ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    Images image() {
        check(read_header());
        const std::size_t width = png_get_image_width(png_, info_);
        const std::size_t height = png_get_image_height(png_, info_);
        check_size(width, height);
        check(ask_for_rgba());
        std::vector<std::uint8_t> rgba(4 * width * height);
        std::vector<png_bytep> rows(height);
        for (std::size_t y = 0; y < height; ++y) rows[y] = rgba.data() + 4 * width * y;
        check(read_rows(rows.data()));
        return {1, static_cast<int>(width), static_cast<int>(height), on_white(std::move(rgba))};
    }

  private:
    void check(bool good) const {
        if (!good) throw InputError(std::string("a damaged image: ") + source_.message.data());
    }

    bool read_header() {
        if (setjmp(png_jmpbuf(png_))) return false;
        png_read_info(png_, info_);
        return true;
    }

    /// As Pillow has it: deep grey is rounded, deep colours lose their lower byte.
    bool ask_for_rgba() {
        if (setjmp(png_jmpbuf(png_))) return false;
        const bool grey = png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY;
        if (grey && png_get_bit_depth(png_, info_) == 16) {
            png_set_scale_16(png_);
        } else {
            png_set_expand(png_);  // palettes, transparent colours, less than 8 bits
            png_set_strip_16(png_);
        }
        png_set_gray_to_rgb(png_);
        png_set_add_alpha(png_, 255, PNG_FILLER_AFTER);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        if (png_get_rowbytes(png_, info_) != 4 * std::size_t(png_get_image_width(png_, info_))) {
            png_error(png_, "an unknown layout of pixels");
        }
        return true;
    }

    bool read_rows(png_bytepp rows) {
        if (setjmp(png_jmpbuf(png_))) return false;
        png_read_image(png_, rows);
        return true;
    }

    /// RGBA composited on white paper, in the memory that it has.
    static std::vector<std::uint8_t> on_white(std::vector<std::uint8_t> pixels) {
        std::size_t to = 0;
        for (std::size_t from = 0; from < pixels.size(); from += 4) {
            const unsigned alpha = pixels[from + 3];
            for (std::size_t c = 0; c < 3; ++c) {
                const unsigned blended = pixels[from + c] * alpha + 255 * (255 - alpha) + 127;
                pixels[to++] = static_cast<std::uint8_t>(blended / 255);
            }
        }
        pixels.resize(to);
        return pixels;
    }

    Source source_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
};

}  // namespace

Images decode_png(std::string_view file) { return Decoder(file).image(); }

}  // namespace digits
