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

}  // namespace

Answer answer(const Bundle& bundle, Scores scores) {
    if (bundle.labels.empty() || scores.probabilities.size() != bundle.labels.size() ||
        scores.evidence.size() < bundle.evidence.size()) {
        throw ModelError(bundle.folder.string() +
                         ": the graph gives other outputs than the manifest says" +
                         ": export the model again");
    }
    const auto best = std::max_element(scores.probabilities.begin(), scores.probabilities.end());
    const auto index = static_cast<std::size_t>(best - scores.probabilities.begin());
    const double confidence = *best;
    std::string why = reason(bundle, scores, confidence);
    return {bundle.labels[index], confidence, std::move(why), std::move(scores.probabilities),
            std::move(scores.canvas)};
}

}  // namespace digits
