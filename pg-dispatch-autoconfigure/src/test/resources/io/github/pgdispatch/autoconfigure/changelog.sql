--liquibase formatted sql

--changeset application:1
CREATE VIEW waiting AS SELECT count(*) FROM pgdispatch.job;
