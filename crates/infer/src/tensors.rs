//! One-row tensors, bound to one model's ports and reused from run to run.

use std::ffi::{CString, c_char};
use std::ptr;

use ort::AsPointer;
use ort::memory::Allocator;
use ort::session::Session;
use ort::value::Tensor;

use crate::error::{InferError, Result};
use crate::ports::{ElementType, Port, Ports};
use crate::signature::{Segment, first_not_finite};

enum Values {
    F32(Tensor<f32>),
    F64(Tensor<f64>),
    I64(Tensor<i64>),
}

impl Values {
    fn new(port: &Port) -> Result<Self> {
        let allocator = Allocator::default();
        let shape = [1, port.width];
        let values = match port.element {
            ElementType::F32 => Tensor::new(&allocator, shape).map(Self::F32),
            ElementType::F64 => Tensor::new(&allocator, shape).map(Self::F64),
            ElementType::I64 => Tensor::new(&allocator, shape).map(Self::I64),
        };
        values.map_err(InferError::run)
    }

    fn pointer(&self) -> *const ort::sys::OrtValue {
        match self {
            Self::F32(tensor) => tensor.ptr(),
            Self::F64(tensor) => tensor.ptr(),
            Self::I64(tensor) => tensor.ptr(),
        }
    }
}

struct Slot {
    start: usize,
    width: usize,
    values: Values,
}

/// Input and output tensors of one row with everything a run needs prepared, so that a run allocates nothing on this
/// side of ONNX Runtime.
///
/// The safe way to run allocates names, selectors and values per call, which costs about as much as a small model.
/// Here the values are made once and only the C function `Run` is called. Pointers stay valid because the tensors are
/// owned by this struct, are never moved inside ONNX Runtime and never replaced.
pub(crate) struct Tensors {
    inputs: Vec<Slot>,
    outputs: Vec<Slot>,
    input_values: Vec<*const ort::sys::OrtValue>,
    output_values: Vec<*mut ort::sys::OrtValue>,
    input_names: Names,
    output_names: Names,
}

/// C strings and the pointers to them, kept together so that the pointers stay valid.
struct Names {
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

impl Names {
    fn of(ports: &[Port]) -> Result<Self> {
        let owned = ports
            .iter()
            .map(|port| CString::new(port.name.as_str()).map_err(InferError::invalid))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            pointers: owned.iter().map(|name| name.as_ptr()).collect(),
            _owned: owned,
        })
    }
}

impl Tensors {
    pub(crate) fn new(ports: &Ports) -> Result<Self> {
        let inputs = slots(&ports.inputs)?;
        let outputs = slots(&ports.outputs)?;
        Ok(Self {
            input_values: inputs.iter().map(|slot| slot.values.pointer()).collect(),
            output_values: outputs
                .iter()
                .map(|slot| slot.values.pointer().cast_mut())
                .collect(),
            input_names: Names::of(&ports.inputs)?,
            output_names: Names::of(&ports.outputs)?,
            inputs,
            outputs,
        })
    }

    /// Checks `input`, runs, and writes `output`. The caller has checked both lengths; `row` is only for messages.
    pub(crate) fn predict(
        &mut self,
        session: &Session,
        segments: &[Segment],
        input: &[f64],
        output: &mut [f64],
        row: usize,
    ) -> Result<()> {
        if let Some(column) = first_not_finite(segments, input) {
            return Err(InferError::InputNotFinite { row, column });
        }
        self.write_inputs(input, row)?;
        self.run(session)?;
        self.read_outputs(output)?;
        match output.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(column) => Err(InferError::OutputNotFinite { row, column }),
        }
    }

    /// Runs on whatever the input tensors hold.
    fn run(&mut self, session: &Session) -> Result<()> {
        // SAFETY: the session and the values are alive for the whole call and belong to `self` or the caller; every
        // pointer array has the length given with it; the names are NUL-terminated strings owned by `self`; output
        // values are not aliased because `self` is borrowed mutably; null run options mean the defaults.
        let status = unsafe {
            (ort::api().Run)(
                session.ptr().cast_mut(),
                ptr::null(),
                self.input_names.pointers.as_ptr(),
                self.input_values.as_ptr(),
                self.input_values.len(),
                self.output_names.pointers.as_ptr(),
                self.output_names.pointers.len(),
                self.output_values.as_mut_ptr(),
            )
        };
        // SAFETY: `status` comes from the call above and is consumed once.
        unsafe { ort::Error::result_from_status(status) }.map_err(InferError::run)
    }

    fn write_inputs(&mut self, input: &[f64], row: usize) -> Result<()> {
        for slot in &mut self.inputs {
            let from = &input[slot.start..slot.start + slot.width];
            match &mut slot.values {
                Values::F64(tensor) => {
                    tensor
                        .try_extract_tensor_mut::<f64>()
                        .map_err(InferError::run)?
                        .1
                        .copy_from_slice(from);
                }
                Values::F32(tensor) => {
                    let to = tensor.try_extract_tensor_mut::<f32>().map_err(InferError::run)?.1;
                    narrow(from, to).map_err(|column| {
                        let column = slot.start + column;
                        InferError::InputNotFinite { row, column }
                    })?;
                }
                Values::I64(_) => return Err(InferError::run("int64 inputs are refused at load")),
            }
        }
        Ok(())
    }

    fn read_outputs(&self, output: &mut [f64]) -> Result<()> {
        for slot in &self.outputs {
            let to = &mut output[slot.start..slot.start + slot.width];
            match &slot.values {
                Values::F64(tensor) => {
                    to.copy_from_slice(tensor.try_extract_tensor::<f64>().map_err(InferError::run)?.1);
                }
                Values::F32(tensor) => {
                    let from = tensor.try_extract_tensor::<f32>().map_err(InferError::run)?.1;
                    to.iter_mut()
                        .zip(from)
                        .for_each(|(to, from)| *to = f64::from(*from));
                }
                Values::I64(tensor) => {
                    let from = tensor.try_extract_tensor::<i64>().map_err(InferError::run)?.1;
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from as f64);
                }
            }
        }
        Ok(())
    }
}

/// Rounds to f32; `Err` is the column of a finite value that f32 cannot hold. NaN was judged before and passes.
fn narrow(from: &[f64], to: &mut [f32]) -> std::result::Result<(), usize> {
    for (column, (to, from)) in to.iter_mut().zip(from).enumerate() {
        *to = *from as f32;
        if to.is_infinite() {
            return Err(column);
        }
    }
    Ok(())
}

fn slots(ports: &[Port]) -> Result<Vec<Slot>> {
    let mut start = 0;
    ports
        .iter()
        .map(|port| {
            let slot = Slot {
                start,
                width: port.width,
                values: Values::new(port)?,
            };
            start += port.width;
            Ok(slot)
        })
        .collect()
}
