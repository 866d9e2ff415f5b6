//! The dataset: one row per bar, as a table in memory and as a Parquet file.

mod read;
mod write;

pub use read::read;
pub use write::write;

/// Name of the column with the matured label rate.
pub const LABEL_RATE: &str = "matured_label_rate";

/// A dataset in memory. All vectors have one entry per bar, in order of time; NaN stands for a missing number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// Event time of the bar, ms.
    pub event_time: Vec<i64>,
    /// The label, NaN where it has not matured.
    pub label: Vec<f64>,
    /// Event time of the bar after which the label's interval begins, ms.
    pub label_start: Vec<Option<i64>>,
    /// Event time of the bar at which the label matured, ms.
    pub label_end: Vec<Option<i64>>,
    /// Average uniqueness of the label, 0 where there is none.
    pub weight: Vec<f64>,
    /// Named features in the order of the file.
    pub columns: Vec<(String, Vec<f64>)>,
}

impl Dataset {
    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.event_time.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.event_time.is_empty()
    }

    /// A feature by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, values)| values.as_slice())
    }
}

/// Columns that every dataset has, in order, before the features.
const EVENT_TIME: &str = "event_time";
const LABEL: &str = "label";
const LABEL_START: &str = "label_start_time";
const LABEL_END: &str = "label_end_time";
const WEIGHT: &str = "weight";

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Dataset {
        Dataset {
            event_time: vec![10, 20, 30],
            label: vec![1.0, f64::NAN, f64::NAN],
            label_start: vec![Some(10), None, None],
            label_end: vec![Some(20), None, None],
            weight: vec![0.75, 0.0, 0.0],
            columns: vec![
                ("ret_1".to_owned(), vec![f64::NAN, 0.1, -0.2]),
                (LABEL_RATE.to_owned(), vec![f64::NAN, f64::NAN, 1.0 / 3.0]),
            ],
        }
    }

    fn bits(dataset: &Dataset) -> Vec<Vec<u64>> {
        let numbers = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect();
        [&dataset.label, &dataset.weight]
            .into_iter()
            .chain(dataset.columns.iter().map(|(_, values)| values))
            .map(|values| numbers(values))
            .collect()
    }

    #[test]
    fn a_table_survives_the_file_bit_for_bit() {
        let before = example();
        let file = write(&before).unwrap();
        let after = read(file).unwrap();
        assert_eq!(bits(&after), bits(&before));
        assert_eq!(after.event_time, before.event_time);
        assert_eq!(
            (after.label_start, after.label_end),
            (before.label_start, before.label_end)
        );
        assert_eq!(after.columns[1].0, LABEL_RATE);
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        assert_eq!(write(&example()).unwrap(), write(&example()).unwrap());
    }

    #[test]
    fn an_empty_table_is_a_file_too() {
        assert!(read(write(&Dataset::default()).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn broken_files_are_invalid_data() {
        let good = write(&example()).unwrap();
        let flipped = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 0xff;
            bytes
        };
        let cases = [
            Vec::new(),
            b"PAR1PAR1".to_vec(),
            good[..good.len() / 2].to_vec(),
            flipped(good.len() - 6),
        ];
        for bytes in cases {
            assert_eq!(
                read(bytes).unwrap_err().code,
                crate::error::FailureCode::InvalidData
            );
        }
    }

    #[test]
    fn rows_out_of_order_are_invalid_data() {
        let mut table = example();
        table.event_time[2] = 20;
        assert_eq!(
            read(write(&table).unwrap()).unwrap_err().code,
            crate::error::FailureCode::InvalidData
        );
    }
}
