//! Link settings of a Node addon, and a fixed place for the TypeScript declarations that the `napi` macros write.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    napi_build::setup();
    // The macros read this variable when they expand. Setting it here, and not in the shell that calls cargo, makes
    // every compilation write the declarations, whoever started it; `scripts/build-native.mjs` collects them.
    let folder = Path::new(&std::env::var("OUT_DIR")?).join("type-definitions");
    std::fs::create_dir_all(&folder)?;
    println!("cargo::rustc-env=NAPI_TYPE_DEF_TMP_FOLDER={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
