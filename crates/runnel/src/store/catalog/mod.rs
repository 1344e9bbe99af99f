//! Configuration as rows: assets, versions, plans, people, audit log.
