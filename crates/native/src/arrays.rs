//! The caller's typed arrays as Rust slices.

use napi::bindgen_prelude::Float64ArraySlice;

use crate::edge::Fault;

/// The caller's output array, if no input shares its memory: two arrays over one buffer are legal in JavaScript, and
/// writing one row's answer would change the next row's input.
pub(crate) fn output_slice<'a>(
    output: &'a mut Float64ArraySlice<'_>,
    input: &[f64],
) -> Result<&'a mut [f64], Fault> {
    let (theirs, ours) = (input.as_ptr_range(), output.as_ptr_range());
    if theirs.start < ours.end && ours.start < theirs.end {
        return Err(Fault::new(
            "ARRAYS_OVERLAP",
            "input and output must not share memory: pass separate arrays",
        ));
    }
    // SAFETY: the array is alive and not detached during this synchronous call, no JavaScript runs meanwhile, and no
    // other slice of this call covers it, as just checked.
    Ok(unsafe { output.as_mut() })
}
