CREATE VIEW waiting AS SELECT count(*) FROM pgdispatch.job;
