#include "answer.hpp"

#include <algorithm>

#include "errors.hpp"

namespace digits {
namespace {

/// The figure of that name, if both the front end and the thresholds know it.
const float* asked(const Bundle& bundle, const Scores& scores, const std::string& name) {
    const auto place = std::find(bundle.evidence.begin(), bundle.evidence.end(), name);
    if (place == bundle.evidence.end() || bundle.thresholds.count(name) == 0) return nullptr;
    return &scores.evidence.at(static_cast<std::size_t>(place - bundle.evidence.begin()));
}

/// The first reason that applies, as runtime/digits/abstain.py has them; NaN abstains, too.
std::string reason(const Bundle& bundle, const Scores& scores, double confidence) {
    const float* present = asked(bundle, scores, "present");
    if (present && !(*present >= bundle.thresholds.at("present"))) return "empty";
    const float* others = asked(bundle, scores, "others");
    if (others && !(*others <= bundle.thresholds.at("others"))) return "several";
    const auto least = bundle.thresholds.find("confidence");
    const bool sure = least == bundle.thresholds.end() || confidence >= least->second;
    return sure ? "" : "unsure";
}

/// One image's part of what there is for all.
template <typename T>
std::vector<T> part(const std::vector<T>& values, std::size_t index, std::size_t count) {
    const auto size = static_cast<std::ptrdiff_t>(values.size() / count);
    const auto start = values.begin() + static_cast<std::ptrdiff_t>(index) * size;
    return {start, start + size};
}

Answer answer(const Bundle& bundle, Scores scores) {
    const auto best = std::max_element(scores.probabilities.begin(), scores.probabilities.end());
    const auto index = static_cast<std::size_t>(best - scores.probabilities.begin());
    const double confidence = *best;
    std::string why = reason(bundle, scores, confidence);
    return {bundle.labels[index], confidence, std::move(why), std::move(scores.probabilities),
            std::move(scores.canvas)};
}

}  // namespace

std::vector<Answer> answers(const Bundle& bundle, const Scores& scores, std::size_t count) {
    if (bundle.labels.empty() || scores.probabilities.size() != count * bundle.labels.size() ||
        scores.evidence.size() < count * bundle.evidence.size()) {
        throw ModelError(bundle.folder.string() +
                         ": the graph gives other outputs than the manifest says" +
                         ": export the model again");
    }
    std::vector<Answer> found;
    for (std::size_t i = 0; i < count; ++i) {
        found.push_back(
            answer(bundle, {part(scores.probabilities, i, count), part(scores.evidence, i, count),
                            part(scores.canvas, i, count)}));
    }
    return found;
}

}  // namespace digits
