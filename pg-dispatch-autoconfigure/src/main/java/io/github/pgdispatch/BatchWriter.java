package io.github.pgdispatch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.BatchGateway;
import io.github.pgdispatch.gateway.Option;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches with their jobs in the current transaction. Thread-safe.
 */
final class BatchWriter {

	/**
	 * Keeps the statement small enough for the memory of both sides.
	 */
	private static final int MAX_TOGETHER = 20_000;

	private final BatchGateway gateway;

	private final DispatchTransaction transaction;

	private final JobWriter jobs;

	BatchWriter(DataSource dataSource, DispatchTransaction transaction, JobWriter jobs) {
		this.gateway = new BatchGateway(dataSource);
		this.transaction = transaction;
		this.jobs = jobs;
	}

	/**
	 * Writes a batch and returns its id.
	 */
	long dispatch(Batch batch, @Nullable Long parent, boolean open) {
		return this.transaction.call(() -> {
			long id = this.gateway.create(batch.name(), parent, batch.keep());
			dispatchAll(id, batch.jobs());
			batch.batches().forEach((inner) -> dispatch(inner, id, false));
			batch.calls().forEach((calls) -> this.jobs.inBatch(id, calls));
			if (batch.then() != null) {
				this.jobs.dispatch(batch.then().continuation(id, "then"));
			}
			if (batch.onFailure() != null) {
				this.jobs.dispatch(batch.onFailure().continuation(id, "on_failure"));
			}
			if (!open) {
				this.gateway.close(id);
			}
			return id;
		});
	}

	/**
	 * Writes jobs that differ in their contents only together.
	 */
	private void dispatchAll(long id, List<Dispatch> jobs) {
		Map<Object, List<Dispatch>> groups = new LinkedHashMap<>();
		for (Dispatch job : jobs) {
			groups.computeIfAbsent(isAlone(job) ? new Object() : job.withoutContent(), (key) -> new ArrayList<>())
				.add(job.batch(id));
		}
		groups.values().forEach(this::dispatchTogether);
	}

	private void dispatchTogether(List<Dispatch> jobs) {
		for (int from = 0; from < jobs.size(); from += MAX_TOGETHER) {
			this.jobs.dispatchAll(jobs.subList(from, Math.min(from + MAX_TOGETHER, jobs.size())));
		}
	}

	/**
	 * A job with a key may not be written at all. Jobs of an order keep their places.
	 */
	private static boolean isAlone(Dispatch job) {
		return job.options().has(Option.KEY) || job.options().has(Option.ORDERING_KEY);
	}

}
