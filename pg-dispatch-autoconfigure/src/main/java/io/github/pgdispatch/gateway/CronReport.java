package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * What the database says of pg_cron.
 *
 * @param database the name of the database
 * @param role whose jobs it is about
 * @param quotedRole the same as an SQL identifier
 * @param problem why pg_cron cannot run the jobs that the role dispatches, in a word of
 * the function {@code pgdispatch.cron_problem()}; {@code null} if it can
 * @param permanentWorker whether a worker that an administrator has scheduled in another
 * database runs them
 */
public record CronReport(String database, String role, String quotedRole, @Nullable String problem,
		boolean permanentWorker) {

}
