//! Reading the Parquet file back.

use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::{Dataset, EVENT_TIME, LABEL, LABEL_END, LABEL_START, WEIGHT};
use crate::error::Failure;

/// Reads a dataset. Columns may stand in any order; unknown ones are features.
///
/// # Errors
/// `INVALID_DATA` when the file is no Parquet file, a column is missing or of another type, a required value is
/// absent, or rows are not strictly in order of time.
pub fn read(file: Vec<u8>) -> Result<Dataset, Failure> {
    let table =
        decode(file).map_err(|error| Failure::invalid_data(format!("the dataset is unreadable: {error}")))?;
    assemble(table)
}

enum Values {
    Integers(Vec<Option<i64>>),
    Doubles(Vec<Option<f64>>),
    Other(Physical),
}

type Table = Vec<(String, Values)>;

fn decode(file: Vec<u8>) -> ParquetResult<Table> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(file))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let mut table: Table = schema
        .columns()
        .iter()
        .map(|column| {
            let values = match column.physical_type() {
                Physical::INT64 => Values::Integers(Vec::new()),
                Physical::DOUBLE => Values::Doubles(Vec::new()),
                other => Values::Other(other),
            };
            (column.path().string(), values)
        })
        .collect();
    for index in 0..reader.num_row_groups() {
        let group = reader.get_row_group(index)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        for (column, (_, values)) in table.iter_mut().enumerate() {
            let description = schema.column(column);
            match (group.get_column_reader(column)?, values) {
                (ColumnReader::Int64ColumnReader(mut reader), Values::Integers(values)) => {
                    append(&mut reader, rows, &description, values)?;
                }
                (ColumnReader::DoubleColumnReader(mut reader), Values::Doubles(values)) => {
                    append(&mut reader, rows, &description, values)?;
                }
                _ => {}
            }
        }
    }
    Ok(table)
}

fn append<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    description: &ColumnDescriptor,
    values: &mut Vec<Option<T::T>>,
) -> ParquetResult<()> {
    let (mut levels, mut defined) = (Vec::new(), Vec::new());
    let highest = description.max_def_level();
    reader.read_records(rows, (highest > 0).then_some(&mut levels), None, &mut defined)?;
    let mut defined = defined.into_iter();
    if highest == 0 {
        values.extend(defined.map(Some));
    } else {
        values.extend(
            levels
                .iter()
                .map(|level| if *level == highest { defined.next() } else { None }),
        );
    }
    Ok(())
}

fn assemble(mut table: Table) -> Result<Dataset, Failure> {
    let event_time = required(integers(&mut table, EVENT_TIME)?, EVENT_TIME)?;
    let label = numbers(doubles(&mut table, LABEL)?);
    let label_start = integers(&mut table, LABEL_START)?;
    let label_end = integers(&mut table, LABEL_END)?;
    let weight = required(doubles(&mut table, WEIGHT)?, WEIGHT)?;
    let columns = table
        .into_iter()
        .map(|(name, values)| match values {
            Values::Doubles(values) => Ok((name, numbers(values))),
            _ => Err(Failure::invalid_data(format!(
                "dataset column {name} must hold doubles"
            ))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let dataset = Dataset {
        event_time,
        label,
        label_start,
        label_end,
        weight,
        columns,
    };
    check(&dataset)?;
    Ok(dataset)
}

fn take(table: &mut Table, name: &str) -> Result<Values, Failure> {
    let position = table
        .iter()
        .position(|(known, _)| known == name)
        .ok_or_else(|| Failure::invalid_data(format!("the dataset has no column {name}")))?;
    Ok(table.remove(position).1)
}

fn integers(table: &mut Table, name: &str) -> Result<Vec<Option<i64>>, Failure> {
    match take(table, name)? {
        Values::Integers(values) => Ok(values),
        other => Err(wrong_type(name, "INT64", &other)),
    }
}

fn doubles(table: &mut Table, name: &str) -> Result<Vec<Option<f64>>, Failure> {
    match take(table, name)? {
        Values::Doubles(values) => Ok(values),
        other => Err(wrong_type(name, "DOUBLE", &other)),
    }
}

fn wrong_type(name: &str, expected: &str, found: &Values) -> Failure {
    let found = match found {
        Values::Integers(_) => Physical::INT64,
        Values::Doubles(_) => Physical::DOUBLE,
        Values::Other(physical) => *physical,
    };
    Failure::invalid_data(format!("dataset column {name} must be {expected}, is {found}"))
}

fn required<T>(values: Vec<Option<T>>, name: &str) -> Result<Vec<T>, Failure> {
    values
        .into_iter()
        .collect::<Option<Vec<T>>>()
        .ok_or_else(|| Failure::invalid_data(format!("dataset column {name} must not hold nulls")))
}

fn numbers(values: Vec<Option<f64>>) -> Vec<f64> {
    values
        .into_iter()
        .map(|value| value.unwrap_or(f64::NAN))
        .collect()
}

fn check(dataset: &Dataset) -> Result<(), Failure> {
    let rows = dataset.len();
    let lengths = [
        dataset.label.len(),
        dataset.label_start.len(),
        dataset.label_end.len(),
        dataset.weight.len(),
    ];
    let features = dataset.columns.iter().map(|(_, values)| values.len());
    if lengths.into_iter().chain(features).any(|length| length != rows) {
        return Err(Failure::invalid_data("dataset columns differ in length"));
    }
    if dataset.event_time.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Failure::invalid_data(
            "dataset rows must be strictly in order of event_time",
        ));
    }
    let labelled = |row: usize| !dataset.label[row].is_nan();
    let incomplete = (0..rows).find(|&row| {
        labelled(row)
            && (dataset.label_start[row].is_none()
                || dataset.label_end[row].is_none()
                || dataset.weight[row] <= 0.0)
    });
    match incomplete {
        Some(row) => Err(Failure::invalid_data(format!(
            "dataset row {row} has a label but no label_start_time, label_end_time or positive weight"
        ))),
        None => Ok(()),
    }
}
