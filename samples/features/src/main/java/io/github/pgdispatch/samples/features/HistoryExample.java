package io.github.pgdispatch.samples.features;

import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.EndedJob;
import io.github.pgdispatch.HistoryFilter;
import io.github.pgdispatch.JobAttempt;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchOperations;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;

/**
 * The history: jobs that have ended, and their attempts.
 * {@code pgdispatch.history.retention} says for how long.
 */
@Service
class HistoryExample {

	private final PgDispatchOperations operations;

	HistoryExample(PgDispatchOperations operations) {
		this.operations = operations;
	}

	List<EndedJob> ended() {
		return this.operations.history(HistoryFilter.all().name("parcels.send").outcome(JobState.DONE)).jobs();
	}

	List<JobAttempt> attempts(long job) {
		return this.operations.attempts(job);
	}

	@Component
	static class SideEffects {

		@AfterCommitDispatch(name = "parcels.send", backOff = "100ms")
		void send(DispatchContext context) {
			if (context.attempt() == 1) {
				throw new IllegalStateException("The door is closed");
			}
		}

	}

}
