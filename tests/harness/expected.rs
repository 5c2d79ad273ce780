//! Compares what was printed with the text a scenario expects.

use std::path::Path;

use snapbox::Assert;
use snapbox::assert::DEFAULT_ACTION_ENV;
use snapbox::data::{Data, DataFormat};

/// Fails, or with `SNAPSHOTS=overwrite` writes the file, when `actual` is not what it holds.
pub(crate) fn compare(actual: &str, file: &Path) {
    let expected = Data::read_from(file, Some(DataFormat::Text)).raw();
    Assert::new().action_env(DEFAULT_ACTION_ENV).eq(Data::text(actual).raw(), expected);
}
