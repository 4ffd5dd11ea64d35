package io.github.pgdispatch.testing;

import javax.sql.DataSource;

import io.github.pgdispatch.driver.FailureReport;
import io.github.pgdispatch.gateway.SingleJobGateway;

/**
 * Runs jobs that are SQL.
 */
final class CommandJobs {

	private final JobTransaction transaction;

	private final SingleJobGateway gateway;

	private final DataSource sessions;

	CommandJobs(JobTransaction transaction, SingleJobGateway gateway, DataSource sessions) {
		this.transaction = transaction;
		this.gateway = gateway;
		this.sessions = sessions;
	}

	void run(DispatchedJob job, String command) throws Throwable {
		if (this.transaction.isActive()) {
			runInTransaction(job, command);
		}
		else if (!this.gateway.work(this.sessions, job.id(), command)) {
			throw new IllegalStateException("Somebody else is running it");
		}
	}

	private void runInTransaction(DispatchedJob job, String command) throws Throwable {
		try {
			this.transaction.attempt(() -> this.gateway.run(job.id(), command));
		}
		catch (Throwable ex) {
			FailureReport report = FailureReport.of(ex);
			this.gateway.bury(job.id(), report.sqlState(), report.message());
			throw ex;
		}
	}

}
