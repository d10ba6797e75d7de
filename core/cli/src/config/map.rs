//! The part of the configuration that says where places lie.

use std::path::PathBuf;

use maple_bundle::format::{Shape, Table, label, may, need};
use serde::Deserialize;

pub(super) static MAP: Table = Table::new(
    "map",
    "the table `map`",
    label("地图上各地的轮廓；不填则每地一块", "Outlines of places on the map; without them it is one of tiles"),
    &[
        need(
            "geojson",
            Shape::Text,
            "GeoJSON文件（RFC 7946，经纬度），每地一个Polygon或MultiPolygon",
            "File with GeoJSON (RFC 7946, degrees): a Polygon or MultiPolygon for each place",
        ),
        may(
            "property",
            Shape::Text,
            "要素中载明地区路径或行政区划代码的属性，默认 locality",
            "The property of a feature with the path or the official code of its place [default: locality]",
        ),
    ],
);

/// Where places lie.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MapFile {
    /// The file.
    pub(crate) geojson: PathBuf,
    /// The property that names a place.
    pub(crate) property: Option<String>,
}
