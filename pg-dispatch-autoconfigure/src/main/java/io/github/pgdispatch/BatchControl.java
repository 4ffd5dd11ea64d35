package io.github.pgdispatch;

import java.util.Optional;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.BatchGateway;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Closes, finds, lists and cancels batches. A change joins the current transaction or, if
 * there is none, commits by itself. Thread-safe.
 */
final class BatchControl {

	private static final int MAX_LIMIT = 10_000;

	private final BatchGateway gateway;

	private final DispatchTransaction transaction;

	BatchControl(DataSource dataSource, DispatchTransaction transaction) {
		this.gateway = new BatchGateway(dataSource);
		this.transaction = transaction;
	}

	void close(long id) {
		this.transaction.change(() -> this.gateway.close(id));
	}

	Optional<BatchInfo> find(long id) {
		return this.gateway.find(id).map(BatchInfo::of);
	}

	BatchPage list(boolean unended, @Nullable Long after, int limit) {
		Assert.isTrue(limit > 0 && limit <= MAX_LIMIT, () -> "The limit must be from 1 to 10,000, but is " + limit);
		return BatchPage.of(this.gateway.list(after, limit, unended), limit);
	}

	long cancel(long id) {
		return this.transaction.change(() -> this.gateway.cancel(id));
	}

}
