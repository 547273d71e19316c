# Finds libtorch and ONNX Runtime: imported targets engine::torch and engine::onnxruntime.

find_package(Python3 COMPONENTS Interpreter QUIET)

# The folder of a Python package, which isn't imported for that; empty if it isn't installed.
function(find_package_folder package result)
    set(folder "")
    if(Python3_Interpreter_FOUND)
        execute_process(
            COMMAND ${Python3_EXECUTABLE} -c
                    "from importlib.util import find_spec as f; print(f('${package}').submodule_search_locations[0])"
            OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
    set(${result} "${folder}" PARENT_SCOPE)
endfunction()

# libtorch: find_package(Torch) of a CUDA wheel wants CUDA's toolkit. These two libraries compute on
# the CPU, and start without a GPU and without loading CUDA.
set(torch "${TORCH_DIR}")
if(NOT torch)
    find_package_folder(torch torch)
endif()
if(torch)
    find_library(TORCH_CPU torch_cpu PATHS "${torch}/lib" NO_DEFAULT_PATH)
    find_library(TORCH_C10 c10 PATHS "${torch}/lib" NO_DEFAULT_PATH)
endif()
if(TORCH_CPU AND TORCH_C10)
    message(STATUS "libtorch: ${torch}")
    add_library(engine::torch INTERFACE IMPORTED)
    target_include_directories(engine::torch SYSTEM INTERFACE
        "${torch}/include" "${torch}/include/torch/csrc/api/include")
    target_link_libraries(engine::torch INTERFACE ${TORCH_CPU} ${TORCH_C10})
else()
    message(STATUS "No libtorch, so no read_torchscript: pip install torch, or set TORCH_DIR")
endif()

# ONNX Runtime: headers from its release or from the system (the wheel has none), the library from
# beside them or else from the wheel.
find_path(ONNXRUNTIME_INCLUDE onnxruntime_cxx_api.h HINTS "${ONNXRUNTIME_DIR}/include" "$ENV{ONNXRUNTIME_DIR}/include"
          PATH_SUFFIXES onnxruntime onnxruntime/core/session)
find_library(ONNXRUNTIME_LIBRARY onnxruntime HINTS "${ONNXRUNTIME_DIR}/lib" "$ENV{ONNXRUNTIME_DIR}/lib")
if(ONNXRUNTIME_INCLUDE AND NOT ONNXRUNTIME_LIBRARY)
    find_package_folder(onnxruntime wheel)
    file(GLOB found "${wheel}/capi/libonnxruntime.so.*" "${wheel}/capi/libonnxruntime.*.dylib")
    if(found)
        # Programs look for the name with one number, which the wheel doesn't have.
        list(GET found 0 library)
        set(links "${CMAKE_BINARY_DIR}/onnxruntime")
        file(MAKE_DIRECTORY "${links}")
        if(APPLE)
            set(ONNXRUNTIME_LIBRARY "${library}")
        else()
            file(CREATE_LINK "${library}" "${links}/libonnxruntime.so.1" SYMBOLIC)
            set(ONNXRUNTIME_LIBRARY "${links}/libonnxruntime.so.1")
        endif()
    endif()
endif()
if(ONNXRUNTIME_INCLUDE AND ONNXRUNTIME_LIBRARY)
    message(STATUS "ONNX Runtime: ${ONNXRUNTIME_LIBRARY}, headers in ${ONNXRUNTIME_INCLUDE}")
    add_library(engine::onnxruntime INTERFACE IMPORTED)
    target_include_directories(engine::onnxruntime SYSTEM INTERFACE "${ONNXRUNTIME_INCLUDE}")
    target_link_libraries(engine::onnxruntime INTERFACE "${ONNXRUNTIME_LIBRARY}")
else()
    message(STATUS "No ONNX Runtime with headers, so no read_onnx: set ONNXRUNTIME_DIR, see README.md")
endif()
