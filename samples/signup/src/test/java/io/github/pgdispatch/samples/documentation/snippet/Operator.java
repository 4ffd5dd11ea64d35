package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.HistoryFilter;
import io.github.pgdispatch.HistoryPage;
import io.github.pgdispatch.JobAttempt;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.QueueLimits;

import org.springframework.stereotype.Component;

@Component
class Operator {

	private final PgDispatchOperations operations;

	Operator(PgDispatchOperations operations) {
		this.operations = operations;
	}

	long retryWhatTheMailServerRefused() {
		return this.operations
			.retry(DeadLetterFilter.all().handler("signUpSideEffects.welcome").text("connection refused").limit(100));
	}

	void remind(PgDispatchTemplate template) {
		template.dispatch(Dispatch.sql("SELECT signup.remind(:id)", Map.of("id", 42)).label("remind"));
	}

	HistoryPage welcomed() {
		return this.operations.history(HistoryFilter.all().name("signUpSideEffects.welcome").outcome(JobState.DONE));
	}

	List<JobAttempt> attempts() {
		return this.operations.attempts(42);
	}

	void addImports() {
		this.operations.setQueue("imports", QueueLimits.none().concurrency(20).perKey(2));
	}

	void addTenant(String tenant) {
		this.operations.setQueue("tenant " + tenant, QueueLimits.none().concurrency(2).rate(10, Duration.ofSeconds(1)));
	}

}
