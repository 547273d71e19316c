// An exported model: a folder with manifest.json, image.onnx and image.torchscript.pt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace digits {

struct Bundle {
    std::filesystem::path folder;
    std::string name;
    std::vector<std::string> labels;           ///< In the order of the probabilities.
    std::vector<std::string> evidence;         ///< Names of the figures that the front end gives.
    std::vector<int> canvas_shape;             ///< [28, 28] for digits.
    std::vector<std::string> outputs;          ///< Of the graph in image.*, in its order.
    std::map<std::string, double> thresholds;  ///< When to give no label.
    std::map<std::string, std::uintmax_t> sizes;  ///< Files of the bundle, in bytes.

    /// The path of one of its files. Throws ModelError if it has none, or one of another size.
    std::filesystem::path file(const std::string& file_name) const;

    /// Where in the graph's outputs one stands. Throws ModelError.
    std::size_t output(const std::string& output_name) const;
};

/// Throws ModelError: no folder of a model, or a manifest that can't be used.
Bundle open_bundle(const std::filesystem::path& folder);

}  // namespace digits
