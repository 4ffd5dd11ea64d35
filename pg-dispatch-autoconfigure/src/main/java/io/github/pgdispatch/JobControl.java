package io.github.pgdispatch;

import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.JobControlGateway;

/**
 * Finds, cancels and retries single jobs. A change joins the current transaction or, if
 * there is none, commits by itself. Thread-safe.
 */
final class JobControl {

	private final JobControlGateway gateway;

	private final DispatchTransaction transaction;

	JobControl(DataSource dataSource, DispatchTransaction transaction) {
		this.gateway = new JobControlGateway(dataSource);
		this.transaction = transaction;
	}

	Optional<JobInfo> find(long id) {
		return this.gateway.find(id).map(JobInfo::of);
	}

	List<JobStep> steps(long id) {
		return this.gateway.steps(id).stream().map(JobStep::of).toList();
	}

	Cancellation cancel(long id) {
		String answer = this.transaction.change(() -> this.gateway.cancel(id));
		return (answer != null) ? Cancellation.valueOf(answer) : Cancellation.NOT_FOUND;
	}

	boolean runNow(long id) {
		return this.transaction.change(() -> this.gateway.runNow(id));
	}

	boolean retry(long id) {
		return this.transaction.change(() -> this.gateway.retry(id));
	}

}
