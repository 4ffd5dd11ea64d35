package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.pgdispatch.life.Observed.Run;

/**
 * Says what batches must have counted, and when what follows them may begin. That it runs
 * once is for the model of all jobs to say.
 */
final class BatchModel {

	private final LifeDatabase database;

	private final History history;

	private final Observed observed;

	private final Problems problems;

	BatchModel(LifeDatabase database, History history, Observed observed, Problems problems) {
		this.database = database;
		this.history = history;
		this.observed = observed;
		this.problems = problems;
	}

	void check() throws SQLException {
		Map<Long, Counts> counts = this.database.app()
			.values("""
					SELECT concat_ws(' ', id, state, done, failed, cancelled, pending) FROM pgdispatch.batches(max_count => 10000)""")
			.stream()
			.map(Counts::of)
			.collect(Collectors.toMap(Counts::id, Function.identity()));
		for (Batch batch : this.history.batches()) {
			Counts counted = counts.remove(batch.id());
			if (!batch.continuation().isCommitted()) {
				if (counted != null) {
					this.problems.add("The batch was rolled back and is there: " + counted, batch.continuation());
				}
			}
			else if (counted == null) {
				this.problems.add("The batch is not there", batch.continuation());
			}
			else {
				checkCounts(batch, counted);
				checkContinuation(batch);
			}
		}
	}

	private void checkCounts(Batch batch, Counts counted) {
		long dead = batch.jobs().stream().filter(this::died).count();
		boolean isRight = counted.pending() == 0
				&& counted.done() + counted.failed() + counted.cancelled() == batch.jobs().size()
				&& counted.failed() == dead && counted.state().equals((dead > 0) ? "failed" : "done");
		if (!isRight) {
			this.problems.add("Of " + batch.jobs().size() + " jobs " + dead + " failed, and the batch has " + counted,
					batch.jobs().toArray(new Dispatched[0]));
		}
	}

	/**
	 * A job that became a dead letter has ended for its batch, even if it is retried.
	 */
	private void checkContinuation(Batch batch) {
		List<Instant> began = this.observed.runs(batch.continuation().job()).stream().map(Run::started).toList();
		for (Dispatched job : batch.jobs()) {
			boolean isLate = !died(job) && this.observed.runs(job.job())
				.stream()
				.filter((run) -> !this.history.killed().contains(run.session()))
				.anyMatch((run) -> began.stream().anyMatch((start) -> run.finished().isAfter(start)));
			if (isLate) {
				this.problems.add("Ran after what follows its batch", job, batch.continuation());
			}
		}
	}

	private boolean died(Dispatched job) {
		return !this.observed.obituaries(job.id()).isEmpty();
	}

	/**
	 * A batch, as it was dispatched.
	 *
	 * @param id of the batch
	 * @param jobs of the batch
	 * @param continuation that follows it
	 */
	record Batch(long id, List<Dispatched> jobs, Dispatched continuation) {

	}

	/**
	 * What the database says of a batch.
	 */
	private record Counts(long id, String state, long done, long failed, long cancelled, long pending) {

		private static Counts of(String row) {
			String[] values = row.split(" ");
			return new Counts(Long.parseLong(values[0]), values[1], Long.parseLong(values[2]),
					Long.parseLong(values[3]), Long.parseLong(values[4]), Long.parseLong(values[5]));
		}

	}

}
