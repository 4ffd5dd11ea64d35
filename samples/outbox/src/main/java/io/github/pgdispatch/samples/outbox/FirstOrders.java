package io.github.pgdispatch.samples.outbox;

import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Places an order whose transaction rolls back, and some that are committed.
 */
@Component
@ConditionalOnBooleanProperty("outbox.story")
class FirstOrders implements ApplicationRunner {

	private static final Logger logger = LoggerFactory.getLogger(FirstOrders.class);

	private final OrderService orders;

	private final TransactionOperations transaction;

	FirstOrders(OrderService orders, TransactionOperations transaction) {
		this.orders = orders;
		this.transaction = transaction;
	}

	@Override
	public void run(ApplicationArguments arguments) {
		this.transaction.executeWithoutResult((status) -> {
			OrderPlaced order = this.orders.place(new NewOrder("Mallory", "a horse"));
			status.setRollbackOnly();
			logger.info("Order {} of {} was rolled back", order.id(), order.customer());
		});
		for (String item : List.of("an engine", "a loom", "punched cards")) {
			OrderPlaced order = this.orders.place(new NewOrder("Ada", item));
			logger.info("Order {} of {} was placed", order.id(), order.customer());
		}
		logger.info("Stop with Ctrl-C. The dashboard is at http://localhost:8080/actuator/pgdispatch/ui");
	}

}
