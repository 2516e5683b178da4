//! Links the library of simulated chips, which meson built in the folder CHIPS_FOLDER.
fn main() {
    let folder = std::env::var("CHIPS_FOLDER").expect("CHIPS_FOLDER: the folder of libchips.so");
    println!("cargo::rerun-if-env-changed=CHIPS_FOLDER");
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=dylib=chips");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
}
