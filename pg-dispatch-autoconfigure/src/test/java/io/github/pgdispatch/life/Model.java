package io.github.pgdispatch.life;

import java.util.List;

import io.github.pgdispatch.life.Observed.Obituary;
import io.github.pgdispatch.life.Observed.Run;
import io.github.pgdispatch.life.Transaction.Deed;
import io.github.pgdispatch.life.Transaction.Deed.What;

/**
 * Says what must have become of each job.
 */
final class Model {

	private final History history;

	private final Observed observed;

	private final Problems problems;

	Model(History history, Observed observed, Problems problems) {
		this.history = history;
		this.observed = observed;
		this.problems = problems;
	}

	void check() {
		for (Dispatched job : this.history.dispatched()) {
			List<Run> runs = this.observed.runs(job.job());
			if (certain(job, runs).size() > 1) {
				this.problems.add("Ran more than once", job);
			}
			else if (runs.stream().anyMatch(Run::isEarly)) {
				this.problems.add("Ran before its transaction had committed", job);
			}
			if (!job.isCommitted()) {
				if (!runs.isEmpty()) {
					this.problems.add("Was rolled back and ran", job);
				}
			}
			else if (job.key() == null) {
				check(job, runs);
			}
		}
	}

	/**
	 * Without those whose session was lost, perhaps before it could tell that they had
	 * committed.
	 */
	private List<Run> certain(Dispatched job, List<Run> runs) {
		return !job.job().isNonTransactional() ? runs
				: runs.stream().filter((run) -> !this.history.killed().contains(run.session())).toList();
	}

	private void check(Dispatched job, List<Run> runs) {
		List<Deed> deeds = (job.id() != null) ? this.history.deeds(job.id()).toList() : List.of();
		List<Obituary> obituaries = this.observed.obituaries(job.id());
		boolean healed = deeds.stream().anyMatch((deed) -> deed.what() == What.HEAL);
		boolean gone = deeds.stream()
			.anyMatch((deed) -> deed.what() == What.DELETE || "cancelled".equals(deed.answer())
					|| "interrupted".equals(deed.answer()));
		boolean told = deeds.stream().anyMatch((deed) -> "interrupting".equals(deed.answer()));
		if (gone && !certain(job, runs).isEmpty()) {
			this.problems.add("Ran though it was cancelled or deleted", job);
		}
		else if (!gone && !told && runs.isEmpty() && (healed || !job.job().isDoomed())) {
			this.problems.add("Did not run", job);
		}
		else if (!healed && !runs.isEmpty() && job.job().isDoomed()) {
			this.problems.add("Ran though it fails always", job);
		}
		if (job.job().isDoomed() && !gone && !told && job.id() != null && obituaries.isEmpty()) {
			this.problems.add("Is no dead letter", job);
		}
		obituaries.forEach((obituary) -> check(job, obituary));
		if (!healed && runs.stream()
			.anyMatch((run) -> deeds.stream()
				.anyMatch((deed) -> deed.answer() == null && run.started().isAfter(deed.at())))) {
			this.problems.add("Ran after there was no such job to cancel", job);
		}
	}

	/**
	 * Checks one that was killed too often.
	 */
	void checkCrashes(Dispatched job, Obituary obituary) {
		long killed = obituary.sessions().stream().filter(this.history.killed()::contains).count();
		if (obituary.crashes() < 5 || job.job().handler() == null && killed < 5) {
			this.problems.add("Died of " + obituary + ", though it was not killed as often", job);
		}
	}

	private void check(Dispatched job, Obituary obituary) {
		if (obituary.sqlState().equals("58000")) {
			checkCrashes(job, obituary);
			return;
		}
		String expected = !job.job().isDoomed() ? "that of no error"
				: job.job().isMalformed() ? "42883" : (job.job().millis() == Job.TOO_LONG) ? "PD001" : "P0001";
		String asked = job.job().asks("max_attempts");
		int most = (job.job().isMalformed() && job.job().handler() == null || asked == null) ? 1
				: Integer.parseInt(asked);
		if (!obituary.sqlState().equals(expected)) {
			this.problems.add("Died of " + obituary + ", where the SQLSTATE should be " + expected, job);
		}
		else if (obituary.attempts() < most || obituary.attempts() - obituary.crashes() > most) {
			this.problems.add("Has had other attempts than " + most + ": " + obituary, job);
		}
	}

}
