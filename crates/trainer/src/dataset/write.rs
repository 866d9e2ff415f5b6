//! Writing the Parquet file.

use std::sync::Arc;

use parquet::basic::{Compression, Repetition, Type as Physical};
use parquet::data_type::{DataType, DoubleType, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Dataset, EVENT_TIME, LABEL, LABEL_END, LABEL_START, WEIGHT};
use crate::error::Failure;

/// The dataset as a Parquet file: one row group, Snappy, no dictionaries. The bytes depend on the table alone.
///
/// # Errors
/// `INTERNAL` when the encoder refuses.
pub fn write(dataset: &Dataset) -> Result<Vec<u8>, Failure> {
    encode(dataset).map_err(|error| Failure::internal(format!("cannot encode the dataset: {error}")))
}

fn encode(dataset: &Dataset) -> ParquetResult<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_created_by("tidemark-train".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema(dataset)?, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    required::<Int64Type>(&mut group, &dataset.event_time)?;
    optional::<DoubleType>(&mut group, &present(&dataset.label))?;
    optional::<Int64Type>(&mut group, &dataset.label_start)?;
    optional::<Int64Type>(&mut group, &dataset.label_end)?;
    required::<DoubleType>(&mut group, &dataset.weight)?;
    for (_, values) in &dataset.columns {
        optional::<DoubleType>(&mut group, &present(values))?;
    }
    group.close()?;
    file.close()?;
    Ok(bytes)
}

fn schema(dataset: &Dataset) -> ParquetResult<TypePtr> {
    let fixed = [
        (EVENT_TIME, Physical::INT64, Repetition::REQUIRED),
        (LABEL, Physical::DOUBLE, Repetition::OPTIONAL),
        (LABEL_START, Physical::INT64, Repetition::OPTIONAL),
        (LABEL_END, Physical::INT64, Repetition::OPTIONAL),
        (WEIGHT, Physical::DOUBLE, Repetition::REQUIRED),
    ];
    let features = dataset
        .columns
        .iter()
        .map(|(name, _)| (name.as_str(), Physical::DOUBLE, Repetition::OPTIONAL));
    let fields = fixed
        .into_iter()
        .chain(features)
        .map(|(name, physical, repetition)| {
            Type::primitive_type_builder(name, physical)
                .with_repetition(repetition)
                .build()
                .map(Arc::new)
        })
        .collect::<ParquetResult<Vec<_>>>()?;
    Type::group_type_builder("dataset")
        .with_fields(fields)
        .build()
        .map(Arc::new)
}

fn present(values: &[f64]) -> Vec<Option<f64>> {
    values
        .iter()
        .map(|value| (!value.is_nan()).then_some(*value))
        .collect()
}

type Group<'a, 'b> = SerializedRowGroupWriter<'a, &'b mut Vec<u8>>;

fn required<T: DataType>(group: &mut Group<'_, '_>, values: &[T::T]) -> ParquetResult<()> {
    column::<T>(group, values, None)
}

fn optional<T: DataType>(group: &mut Group<'_, '_>, values: &[Option<T::T>]) -> ParquetResult<()> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let defined: Vec<T::T> = values.iter().flatten().cloned().collect();
    column::<T>(group, &defined, Some(&levels))
}

fn column<T: DataType>(
    group: &mut Group<'_, '_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> ParquetResult<()> {
    if let Some(mut writer) = group.next_column()? {
        writer.typed::<T>().write_batch(values, levels, None)?;
        writer.close()?;
    }
    Ok(())
}
