package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;

import io.github.pgdispatch.BatchInfo;
import io.github.pgdispatch.BatchPage;
import io.github.pgdispatch.HistoryFilter;
import io.github.pgdispatch.PgDispatchOperations;
import org.jspecify.annotations.Nullable;

/**
 * The batches with their progress.
 */
final class BatchesTopic implements Topic {

	private final PgDispatchOperations operations;

	BatchesTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Set.of("after", "limit"));
		String after = parameters.text("after");
		BatchPage page = this.operations.batches(false, (after != null) ? Parameters.id(after) : null,
				Objects.requireNonNullElse(parameters.number("limit"), HistoryFilter.all().limit()));
		return Topic.answer("batches", page.batches(), "next", page.next());
	}

	@Override
	public Map<String, Object> get(String id, Values values) {
		BatchInfo batch = find(Parameters.id(id));
		if (batch == null) {
			throw new NoSuchElementException("There is no batch " + id);
		}
		return Topic.answer("batch", batch);
	}

	@Override
	public Change change(String action, Parameters parameters) {
		if (!"cancel".equals(action)) {
			throw Topic.unknown(action, "cancel");
		}
		parameters.only(Set.of("action", "countOnly", "ids"));
		return Change.ofIds("batch", parameters.ids(), this::isUnended, this::cancel);
	}

	private boolean isUnended(long id) {
		BatchInfo batch = find(id);
		return batch != null && batch.endedAt() == null;
	}

	private boolean cancel(long id) {
		boolean unended = isUnended(id);
		if (unended) {
			this.operations.cancelBatch(id);
		}
		return unended;
	}

	private @Nullable BatchInfo find(long id) {
		return this.operations.batch(id).orElse(null);
	}

}
