package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

@Service
class Orders {

	private final ResultSideEffects sideEffects;

	private final PgDispatchTemplate template;

	private final TransactionOperations transaction;

	Orders(ResultSideEffects sideEffects, PgDispatchTemplate template, TransactionOperations transaction) {
		this.sideEffects = sideEffects;
		this.template = template;
		this.transaction = transaction;
	}

	Invoice orderAndWait(long orderId) {
		DispatchResult<Invoice> result = this.transaction.execute((status) -> this.sideEffects.invoice(orderId));
		return result.get(Duration.ofSeconds(10));
	}

	JobResult countAndWait() {
		long id = this.transaction.execute((status) -> this.template
			.dispatch(Dispatch.sql("DELETE FROM signup.notification").keepRowCount(Duration.ofHours(1))));
		return this.template.await(id, Duration.ofSeconds(10)).orElseThrow();
	}

}
