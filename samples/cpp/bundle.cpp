#include "bundle.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "errors.hpp"

namespace digits {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int format = 1;
constexpr auto manifest_name = "manifest.json";

json read_manifest(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        throw ModelError(path.parent_path().string() + ": there is no " + manifest_name +
                         " to read: give the folder that digits-export wrote");
    }
    return json::parse(stream);
}

std::vector<std::string> output_names(const json& manifest) {
    // TorchScript's outputs have no names; they are those of the same graph in ONNX.
    const json& graphs = manifest.at("graphs");
    const json& graph = graphs.contains("image.onnx") ? graphs.at("image.onnx") : json::object();
    std::vector<std::string> names;
    for (const json& tensor : graph.value("outputs", json::array())) {
        names.push_back(tensor.at("name").get<std::string>());
    }
    return names;
}

Bundle described(const fs::path& folder, const json& manifest) {
    Bundle bundle;
    bundle.folder = folder;
    manifest.at("name").get_to(bundle.name);
    manifest.at("labels").get_to(bundle.labels);
    manifest.at("evidence").get_to(bundle.evidence);
    manifest.at("canvas").at("shape").get_to(bundle.canvas_shape);
    bundle.outputs = output_names(manifest);
    if (manifest.contains("abstain")) manifest.at("abstain").get_to(bundle.thresholds);
    for (const auto& [name, record] : manifest.at("files").items()) {
        bundle.sizes[name] = record.at("bytes").get<std::uintmax_t>();
    }
    return bundle;
}

}  // namespace

fs::path Bundle::file(const std::string& file_name) const {
    const auto listed = sizes.find(file_name);
    if (listed == sizes.end()) {
        throw ModelError(folder.string() + ": this bundle has no " + file_name +
                         ": export a net of up to 50 MB without --light");
    }
    const fs::path path = folder / file_name;
    std::error_code error;
    if (fs::file_size(path, error) != listed->second || error) {
        throw ModelError(path.string() + ": is missing or has another size than the manifest says" +
                         ": export the model again");
    }
    return path;
}

std::size_t Bundle::output(const std::string& output_name) const {
    const auto found = std::find(outputs.begin(), outputs.end(), output_name);
    if (found == outputs.end()) {
        throw ModelError((folder / manifest_name).string() + ": its graph has no output " +
                         output_name + ": export the model again");
    }
    return static_cast<std::size_t>(found - outputs.begin());
}

Bundle open_bundle(const fs::path& folder) {
    const fs::path path = folder / manifest_name;
    try {
        const json manifest = read_manifest(path);
        if (manifest.at("format") != format) {
            throw ModelError(path.string() + ": of another format than this program reads");
        }
        return described(folder, manifest);
    } catch (const json::exception& error) {
        throw ModelError(path.string() + ": " + first_line(error.what()) +
                         ": export the model again");
    }
}

}  // namespace digits
