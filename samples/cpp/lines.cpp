// Answers as lines of text: see runtime/digits/commands/formats.py.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "answer.hpp"

namespace digits {
namespace {

using Json = nlohmann::ordered_json;

/// A text without control characters, which would run in the terminal.
std::string printable(const std::string& text) {
    std::string shown;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\x%02x", byte);
        shown += byte < 0x20 || byte == 0x7f ? escape : std::string(1, c);
    }
    return shown;
}

std::size_t width(const Bundle& bundle) {
    std::size_t widest = std::string("label").size();
    for (const std::string& label : bundle.labels) widest = std::max(widest, label.size());
    return widest;
}

std::string padded(std::string text, std::size_t to) {
    text.resize(std::max(text.size(), to), ' ');
    return text;
}

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f%%", 100 * share);
    return text;
}

std::string meaning(const Answer& answer) {
    if (answer.reason == "empty") return "no digit in it";
    if (answer.reason == "several") return "several digits";
    return "unsure, perhaps " + answer.best + " " + percent(answer.confidence);
}

double rounded(double value, double parts) { return std::round(value * parts) / parts; }

/// RFC 4648.
std::string base64(const std::vector<std::uint8_t>& bytes) {
    constexpr char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned three = 0;
        for (std::size_t i = at; i < at + 3; ++i) {
            three = three << 8 | (i < bytes.size() ? bytes[i] : 0u);
        }
        for (int shift = 18; shift >= 0; shift -= 6) text += digit[three >> shift & 63];
    }
    const std::size_t padding = (3 - bytes.size() % 3) % 3;
    return text.replace(text.size() - padding, padding, padding, '=');
}

std::string line(const Json& object) {
    return object.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

std::string heading(const Bundle& bundle) {
    return padded("label", width(bundle)) + "  confidence  path";
}

std::string row(const Bundle& bundle, const std::string& path, const Answer& answer) {
    const bool labelled = answer.reason.empty();
    const std::string share = labelled ? percent(answer.confidence) : "";
    const std::string text = padded(labelled ? answer.best : "-", width(bundle)) + "  " +
                             std::string(10 - std::min<std::size_t>(share.size(), 10), ' ') +
                             share + "  " + printable(path);
    return labelled ? text : text + ": " + meaning(answer);
}

std::string error_row(const Bundle& bundle, const std::string& path, const std::string& error) {
    return padded("error", width(bundle)) + "              " + printable(path) + ": " +
           printable(error);
}

std::string json_line(const Bundle& bundle, const std::string& path, const Answer& answer,
                      bool with_canvas) {
    const double confidence = rounded(answer.confidence, 1e6);
    Json object{{"path", path}, {"label", answer.best}};
    if (!answer.reason.empty()) {
        object["label"] = nullptr;
        object["reason"] = answer.reason;
    }
    object["confidence"] = confidence;
    object["top"] = {Json{{"label", answer.best}, {"probability", confidence}}};
    object["provider"] = "cpu";
    object["model"] = bundle.name;
    for (const float share : answer.probabilities) {
        object["probabilities"].push_back(rounded(share, 1e9));
    }
    if (with_canvas) {
        object["canvas"] = {{"shape", bundle.canvas_shape}, {"data", base64(answer.canvas)}};
    }
    return line(object);
}

std::string error_json_line(const std::string& path, const std::string& error) {
    return line(Json{{"path", path}, {"error", error}});
}

}  // namespace digits
