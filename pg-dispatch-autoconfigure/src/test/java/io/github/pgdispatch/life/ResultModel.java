package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.life.Observed.Run;

/**
 * Says which results there must be.
 */
final class ResultModel {

	private final LifeDatabase database;

	private final History history;

	private final Observed observed;

	private final Problems problems;

	ResultModel(LifeDatabase database, History history, Observed observed, Problems problems) {
		this.database = database;
		this.history = history;
		this.observed = observed;
		this.problems = problems;
	}

	void check() throws SQLException {
		for (Dispatched job : this.history.dispatched()) {
			if (job.isCommitted() && (job.job().asks("result") != null || job.job().asks("keep_result") != null)) {
				check(job);
			}
		}
	}

	private void check(Dispatched job) throws SQLException {
		List<Run> runs = this.observed.runs(job.job());
		String state = !runs.isEmpty() ? "done"
				: this.history.deeds(job.id())
					.anyMatch((deed) -> deed.what() == Transaction.Deed.What.CANCEL && deed.answer() != null)
							? "cancelled" : "failed";
		String expected = state;
		if (state.equals("done")) {
			String value = (job.job().handler() != null) ? Integer.toString(job.job().tag())
					: job.job().asks("result", "rows") ? "[{\"ran\":" + job.job().tag() + "}] 1" : "1";
			expected = state + " " + value;
		}
		String sql = "SELECT concat_ws(' ', state, value, row_count) FROM pgdispatch.result(" + job.id() + ")";
		List<String> actual = this.database.app().values(sql);
		if (!actual.equals(List.of(expected))) {
			this.problems.add("Has the result " + actual + " instead of " + expected, job);
		}
	}

}
