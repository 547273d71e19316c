// From a graph's outputs to an answer: a label, or the reason why there is none.
#pragma once

#include <string>
#include <vector>

#include "bundle.hpp"

namespace digits {

/// What a graph gives for one image.
struct Scores {
    std::vector<float> probabilities;  ///< One for each label.
    std::vector<float> evidence;       ///< In the order of the bundle's names.
};

struct Answer {
    std::string best;                  ///< The most probable label, also where there is a reason.
    double confidence = 0;             ///< Its probability.
    std::string reason;                ///< "empty", "several" or "unsure"; empty if it has a label.
    std::vector<float> probabilities;  ///< In the order of the bundle's labels.
};

/// Throws ModelError: the graph doesn't fit the manifest.
Answer answer(const Bundle& bundle, Scores scores);

/// A row as `digits-infer` writes it for people, and the line that stands above all rows.
std::string heading(const Bundle& bundle);
std::string row(const Bundle& bundle, const std::string& path, const Answer& answer);
std::string error_row(const Bundle& bundle, const std::string& path, const std::string& error);

/// A line of `digits-infer --format jsonl`, and all probabilities.
std::string json_line(const Bundle& bundle, const std::string& path, const Answer& answer);
std::string error_json_line(const std::string& path, const std::string& error);

}  // namespace digits
