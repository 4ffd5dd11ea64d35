package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * What the database reports about pg_cron.
 *
 * @param database the name of the database
 * @param role the name of the role whose jobs the report is about
 * @param quotedRole the name of the role as an SQL identifier
 * @param problem the reason why pg_cron cannot run the jobs of the role, as the function
 * {@code pgdispatch.cron_problem()} names it; {@code null} if it can run them
 * @param missingPrivileges the privileges that the role lacks, such as {@code USAGE};
 * {@code null} if this is not the problem
 * @param missingOn what the role lacks them on, such as {@code SCHEMA cron}
 * @param permanentWorker whether a worker that an administrator has scheduled in another
 * database runs the jobs
 */
public record CronReport(String database, String role, String quotedRole, @Nullable String problem,
		@Nullable String missingPrivileges, @Nullable String missingOn, boolean permanentWorker) {

}
