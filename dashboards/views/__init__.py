"""The committee's views: each a pure function of the snapshot that returns a `dashboards.view.View`."""
