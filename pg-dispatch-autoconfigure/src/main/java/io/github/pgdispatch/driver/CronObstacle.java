package io.github.pgdispatch.driver;

import java.util.Locale;

import io.github.pgdispatch.gateway.CronReport;
import org.jspecify.annotations.Nullable;

/**
 * The reason why pg_cron cannot run the jobs of a role.
 *
 * @param reason a clause
 * @param remedy full sentences that say what to do
 */
record CronObstacle(String reason, String remedy) {

	/**
	 * Returns the obstacle that a report names, or {@code null} if pg_cron can run the
	 * jobs.
	 */
	static @Nullable CronObstacle in(CronReport report) {
		String problem = report.problem();
		if (problem == null) {
			return null;
		}
		return switch (problem) {
			case "missing" -> new CronObstacle("there is no extension pg_cron in the database " + report.database(),
					"Add pg_cron to the server's shared_preload_libraries, and as an administrator, in the database "
							+ report.database() + ": CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO "
							+ report.quotedRole() + ";");
			case "elsewhere" -> report.permanentWorker() ? null
					: new CronObstacle("pg_cron is in another database than " + report.database(),
							"As an administrator, in the database of pg_cron: " + permanentWorker(report)
									+ " Then wait a few seconds for it to come.");
			case "old" -> new CronObstacle("the extension pg_cron is older than 1.5",
					"As an administrator: ALTER EXTENSION pg_cron UPDATE;");
			case "renamed" -> new CronObstacle("the schema of the extension pg_cron is no longer named cron",
					"As an administrator: ALTER SCHEMA ... RENAME TO cron;");
			case "privilege" -> new CronObstacle(
					"the role " + report.role() + " has no " + report.missingPrivileges() + " on the "
							+ String.valueOf(report.missingOn()).toLowerCase(Locale.ROOT),
					"As an administrator: GRANT " + report.missingPrivileges() + " ON " + report.missingOn() + " TO "
							+ report.quotedRole() + ";");
			case "off" -> new CronObstacle("the setting cron_workers allows the role " + report.role() + " no workers",
					"As the owner of the schema: CALL pgdispatch.configure(" + literal(report.quotedRole())
							+ ", cron_workers => 4);");
			default ->
				new CronObstacle("pg_cron cannot run the jobs of the role " + report.role() + " (" + problem + ")",
						"See the comment on the function pgdispatch.cron_problem().");
		};
	}

	private static String permanentWorker(CronReport report) {
		return "SELECT cron.schedule_in_database(%s, '5 seconds', 'CALL pgdispatch.cron_work()', %s, %s);".formatted(
				literal("pgdispatch " + report.database() + " " + report.role()), literal(report.database()),
				literal(report.role()));
	}

	private static String literal(String text) {
		return "'" + text.replace("'", "''") + "'";
	}

}
