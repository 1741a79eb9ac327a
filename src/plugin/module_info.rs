//! The description of the VST3 bundle that hosts read without loading it (`moduleinfo.json`).

use nice_plug::prelude::{Plugin, Vst3Plugin};

use super::ConAnima;

/// The file's text. Source: "VST Module Info", Steinberg's VST 3 documentation.
pub fn module_info() -> String {
    let class_id: String = ConAnima::VST3_CLASS_ID.iter().map(|byte| format!("{byte:02X}")).collect();
    let categories: Vec<String> =
        ConAnima::VST3_SUBCATEGORIES.iter().map(|category| format!("\"{}\"", category.as_str())).collect();
    let (name, vendor, version) = (ConAnima::NAME, ConAnima::VENDOR, ConAnima::VERSION);
    let (url, email, categories) = (ConAnima::URL, ConAnima::EMAIL, categories.join(", "));
    format!(
        r#"{{
  "Name": "{name}",
  "Version": "{version}",
  "Factory Info": {{
    "Vendor": "{vendor}",
    "URL": "{url}",
    "E-Mail": "{email}",
    "Flags": {{ "Unicode": true, "Classes Discardable": false, "Component Non Discardable": false }}
  }},
  "Compatibility": [],
  "Classes": [
    {{
      "CID": "{class_id}",
      "Category": "Audio Module Class",
      "Name": "{name}",
      "Vendor": "{vendor}",
      "Version": "{version}",
      "SDKVersion": "VST 3.6.14",
      "Sub Categories": [{categories}],
      "Class Flags": 2,
      "Cardinality": 2147483647,
      "Snapshots": []
    }}
  ]
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_described_as_its_class_is() {
        let text = module_info();
        assert!(text.contains("\"CID\": \"436F6E416E696D61566F63616C733031\""), "{text}");
        assert!(text.contains("\"Sub Categories\": [\"Fx\", \"Pitch Shift\"]"), "{text}");
        assert!(text.contains(concat!("\"Version\": \"", env!("CARGO_PKG_VERSION"), "\"")), "{text}");
    }
}
