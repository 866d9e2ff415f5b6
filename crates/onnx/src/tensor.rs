//! Constant tensors.

use crate::proto::{TensorProto, tensor_proto};

/// Element types we write or describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataType {
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 64-bit signed integer.
    I64,
    /// 32-bit signed integer.
    I32,
    /// 8-bit unsigned integer.
    U8,
    /// Truth value.
    Bool,
    /// Anything else, by its number in `TensorProto.DataType`.
    Other(i32),
}

impl DataType {
    const PAIRS: [(Self, tensor_proto::DataType); 6] = [
        (Self::F32, tensor_proto::DataType::Float),
        (Self::F64, tensor_proto::DataType::Double),
        (Self::I64, tensor_proto::DataType::Int64),
        (Self::I32, tensor_proto::DataType::Int32),
        (Self::U8, tensor_proto::DataType::Uint8),
        (Self::Bool, tensor_proto::DataType::Bool),
    ];

    /// The type with this number in the format.
    #[must_use]
    pub fn from_proto(number: i32) -> Self {
        Self::PAIRS
            .into_iter()
            .find_map(|(own, proto)| (proto as i32 == number).then_some(own))
            .unwrap_or(Self::Other(number))
    }

    /// The number in the format.
    #[must_use]
    pub fn to_proto(self) -> i32 {
        if let Self::Other(number) = self {
            return number;
        }
        Self::PAIRS
            .into_iter()
            .find_map(|(own, proto)| (own == self).then_some(proto as i32))
            .unwrap_or_default()
    }

    /// Lower-case name, as in `float64`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::I64 => "int64",
            Self::I32 => "int32",
            Self::U8 => "uint8",
            Self::Bool => "bool",
            Self::Other(_) => "other",
        }
    }
}

/// A constant: element type, shape and little-endian values.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub(crate) data_type: DataType,
    pub(crate) dims: Vec<usize>,
    pub(crate) count: usize,
    bytes: Vec<u8>,
}

impl Tensor {
    fn new<const SIZE: usize>(
        data_type: DataType,
        dims: &[usize],
        values: impl ExactSizeIterator<Item = [u8; SIZE]>,
    ) -> Self {
        let count = values.len();
        Self {
            data_type,
            dims: dims.to_vec(),
            count,
            bytes: values.flatten().collect(),
        }
    }

    /// f64 values in row-major order.
    #[must_use]
    pub fn f64(dims: &[usize], values: &[f64]) -> Self {
        Self::new(
            DataType::F64,
            dims,
            values.iter().map(|value| value.to_le_bytes()),
        )
    }

    /// One f64 without dimensions.
    #[must_use]
    pub fn scalar(value: f64) -> Self {
        Self::f64(&[], &[value])
    }

    /// i64 values in row-major order.
    #[must_use]
    pub fn i64(dims: &[usize], values: &[i64]) -> Self {
        Self::new(
            DataType::I64,
            dims,
            values.iter().map(|value| value.to_le_bytes()),
        )
    }

    /// A one-dimensional list of i64: axes, shapes, slice bounds.
    #[must_use]
    pub fn indices(values: &[i64]) -> Self {
        Self::i64(&[values.len()], values)
    }

    /// u8 values in row-major order.
    #[must_use]
    pub fn u8(dims: &[usize], values: &[u8]) -> Self {
        Self::new(DataType::U8, dims, values.iter().map(|value| [*value]))
    }

    /// The message, named where it is an initialiser.
    pub(crate) fn into_proto(self, name: Option<String>) -> TensorProto {
        TensorProto {
            name,
            dims: self.dims.iter().map(|&dim| dim as i64).collect(),
            data_type: Some(self.data_type.to_proto()),
            raw_data: Some(self.bytes),
            ..TensorProto::default()
        }
    }
}
