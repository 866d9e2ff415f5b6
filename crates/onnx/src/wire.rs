//! Bounds a protobuf message before it is decoded.
//!
//! Decoding allocates up to some hundred bytes for a submessage that takes two bytes in the file, so a size limit
//! alone does not bound memory. This walk allocates nothing: it follows the message kinds that nest, counts them and
//! refuses parts of the format that we never run.

use crate::{Limits, OnnxError, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Leaf,
}

/// What a length-delimited field holds.
enum Content {
    /// A submessage.
    Message(Kind),
    /// Packed numbers: each byte may become one of them.
    Packed,
    /// Text or bytes.
    Bytes,
    /// A part we refuse.
    Refused(&'static str),
}

/// Field numbers as in `proto/onnx-ml.proto`.
const fn content(kind: Kind, field: u64) -> Content {
    match (kind, field) {
        (Kind::Model, 7) | (Kind::Attribute, 6 | 11) => Content::Message(Kind::Graph),
        (Kind::Model, 20) => Content::Refused("training graphs"),
        (Kind::Model, 25) => Content::Refused("local functions"),
        (Kind::Model, 26) | (Kind::Node, 10) => Content::Refused("device configurations"),
        (Kind::Graph, 1) => Content::Message(Kind::Node),
        (Kind::Graph, 5) | (Kind::Attribute, 5 | 10) => Content::Message(Kind::Tensor),
        (Kind::Graph, 11..=13) => Content::Message(Kind::ValueInfo),
        (Kind::Graph, 14) => Content::Refused("quantisation annotations"),
        (Kind::Graph, 15) | (Kind::Attribute, 22 | 23) => Content::Refused("sparse tensors"),
        (Kind::Attribute, 14 | 15) => Content::Refused("type attributes"),
        (Kind::Node, 5) => Content::Message(Kind::Attribute),
        (Kind::ValueInfo, 2) => Content::Message(Kind::Type),
        (Kind::Type, 1) => Content::Message(Kind::TensorType),
        (Kind::Type, 4 | 5 | 7 | 8 | 9) => {
            Content::Refused("sequence, map, optional, sparse and opaque types")
        }
        (Kind::TensorType, 2) => Content::Message(Kind::Shape),
        (Kind::Model, 8 | 14)
        | (Kind::Graph, 16)
        | (Kind::Node, 9)
        | (Kind::Tensor, 3 | 13 | 16)
        | (Kind::ValueInfo, 4)
        | (Kind::Shape, 1) => Content::Message(Kind::Leaf),
        (Kind::Tensor, 1 | 4 | 5 | 7 | 10 | 11) | (Kind::Attribute, 7 | 8) => Content::Packed,
        _ => Content::Bytes,
    }
}

/// Walks the whole message within the limits.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<()> {
    within("the size of a model file in bytes", bytes.len(), limits.bytes)?;
    Walk {
        limits,
        messages: 0,
        fields: 0,
    }
    .message(bytes, Kind::Model, 0)
}

fn within(what: &'static str, actual: usize, limit: usize) -> Result<()> {
    if actual <= limit {
        Ok(())
    } else {
        Err(OnnxError::LimitExceeded { what, limit, actual })
    }
}

fn malformed(message: &str) -> OnnxError {
    OnnxError::Malformed {
        message: message.to_owned(),
    }
}

struct Walk<'a> {
    limits: &'a Limits,
    messages: usize,
    fields: usize,
}

impl Walk<'_> {
    /// `graphs` counts graphs around this message; the recursion is at most four messages per graph deep.
    fn message(&mut self, mut rest: &[u8], kind: Kind, graphs: usize) -> Result<()> {
        let graphs = graphs + usize::from(kind == Kind::Graph);
        within("the nesting of graphs", graphs, self.limits.graph_depth)?;
        self.messages += 1;
        within(
            "the number of nodes, tensors and attributes",
            self.messages,
            self.limits.messages,
        )?;
        while !rest.is_empty() {
            let key = varint(&mut rest)?;
            self.fields += 1;
            match key & 7 {
                0 => drop(varint(&mut rest)?),
                1 => drop(take(&mut rest, 8)?),
                2 => {
                    let length = varint(&mut rest)?;
                    let length =
                        usize::try_from(length).map_err(|_| malformed("a length is out of range"))?;
                    let body = take(&mut rest, length)?;
                    match content(kind, key >> 3) {
                        Content::Message(inner) => self.message(body, inner, graphs)?,
                        Content::Packed => self.fields += length,
                        Content::Bytes => {}
                        Content::Refused(feature) => return Err(OnnxError::UnsupportedFeature { feature }),
                    }
                }
                5 => drop(take(&mut rest, 4)?),
                _ => return Err(malformed("a field has an unknown wire type")),
            }
            within(
                "the number of values outside raw tensor data",
                self.fields,
                self.limits.fields,
            )?;
        }
        Ok(())
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (head, tail) = rest
        .split_at_checked(length)
        .ok_or_else(|| malformed("a field ends beyond the file"))?;
    *rest = tail;
    Ok(head)
}

fn varint(rest: &mut &[u8]) -> Result<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(malformed("a number is longer than ten bytes"))
}
