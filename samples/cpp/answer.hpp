// From a graph's outputs to an answer: a label, or the reason why there is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle.hpp"

namespace digits {

/// What a graph gives for a batch, one image after the other.
struct Scores {
    std::vector<float> probabilities;  ///< One for each label.
    std::vector<float> evidence;       ///< In the order of the bundle's names.
    std::vector<std::uint8_t>
        canvas;  ///< What the classifier saw, of the shape that the bundle says.
};

struct Answer {
    std::string best;                  ///< The most probable label, also where there is a reason.
    double confidence = 0;             ///< Its probability.
    std::string reason;                ///< "empty", "several" or "unsure"; empty if it has a label.
    std::vector<float> probabilities;  ///< In the order of the bundle's labels.
    std::vector<std::uint8_t> canvas;  ///< What the classifier saw.
};

/// The answers for a batch of so many images. Throws ModelError: the graph doesn't fit the
/// manifest.
std::vector<Answer> answers(const Bundle& bundle, const Scores& scores, std::size_t count);

/// A row as `digits-infer` writes it for people, and the line that stands above all rows.
std::string heading(const Bundle& bundle);
std::string row(const Bundle& bundle, const std::string& path, const Answer& answer);
std::string error_row(const Bundle& bundle, const std::string& path, const std::string& error);

/// A line of `digits-infer --format jsonl`, all probabilities, and the canvas if it is wanted.
std::string json_line(const Bundle& bundle, const std::string& path, const Answer& answer,
                      bool with_canvas);
std::string error_json_line(const std::string& path, const std::string& error);

}  // namespace digits
