package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Asks the database whether pg_cron can run the jobs of the current role. Thread-safe.
 */
public final class CronGateway {

	/**
	 * A permanent worker is recorded each time that it starts. While it runs it is not
	 * started again, but has a session.
	 */
	private static final String REPORT = """
			SELECT pg_catalog.current_database() AS database,
			       current_user AS role,
			       pg_catalog.quote_ident(current_user) AS quoted_role,
			       reported.problem,
			       missing.privileges AS missing_privileges,
			       missing.objects AS missing_on,
			       EXISTS (SELECT
			                 FROM pgdispatch.cron_worker
			                WHERE role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(current_user)::pg_catalog.regrole
			                  AND purpose OPERATOR(pg_catalog.=) 'permanent'
			                  AND scheduled_at OPERATOR(pg_catalog.>) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '10 minutes'))
			       OR EXISTS (SELECT
			                    FROM pg_catalog.pg_stat_activity
			                   WHERE usename OPERATOR(pg_catalog.=) current_user
			                     AND datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
			                     AND state OPERATOR(pg_catalog.<>) 'idle'
			                     AND pg_catalog.starts_with(query, 'CALL pgdispatch.cron_work()')) AS permanent_worker
			  FROM pgdispatch.cron_problem() AS reported (problem)
			  LEFT JOIN LATERAL pgdispatch.cron_missing_privilege() AS missing ON reported.problem OPERATOR(pg_catalog.=) 'privilege'""";

	private final JdbcClient jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public CronGateway(DataSource dataSource) {
		this.jdbc = JdbcClient.create(dataSource);
	}

	/**
	 * Asks the database.
	 * @return the report
	 * @throws org.springframework.dao.DataAccessException if the database cannot report,
	 * for example because the schema is missing
	 */
	public CronReport report() {
		return this.jdbc.sql(REPORT).query(CronGateway::read).single();
	}

	private static CronReport read(ResultSet row, int rowNumber) throws SQLException {
		return new CronReport(row.getString("database"), row.getString("role"), row.getString("quoted_role"),
				row.getString("problem"), row.getString("missing_privileges"), row.getString("missing_on"),
				row.getBoolean("permanent_worker"));
	}

}
