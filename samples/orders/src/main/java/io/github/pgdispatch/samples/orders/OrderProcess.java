package io.github.pgdispatch.samples.orders;

import java.time.Duration;
import java.util.Objects;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.stereotype.Component;

/**
 * What becomes of an order. If it fails or its node dies, another attempt goes on behind
 * the steps that are done.
 */
@Component
class OrderProcess {

	private static final Logger logger = LoggerFactory.getLogger(OrderProcess.class);

	private final Payments payments;

	private final Stock stock;

	private final Mailer mailer;

	OrderProcess(Payments payments, Stock stock, Mailer mailer) {
		this.payments = payments;
		this.stock = stock;
		this.mailer = mailer;
	}

	@AfterCommitDispatch(backOff = "2s")
	void run(Order order, @Nullable DispatchContext job) {
		DispatchContext context = Objects.requireNonNull(job);
		logger.info("Order {}: attempt {} begins", order.id(), context.attempt());
		Receipt receipt = context.step("charge", Receipt.class, () -> this.payments.charge(order));
		context.transactionalStep("reserve", () -> this.stock.reserve(order));
		context.step("mail", () -> this.mailer.confirm(order, receipt, context.attempt()));
		context.sleep("delivery", Duration.ofSeconds(5));
		context.step("survey", () -> this.mailer.survey(order));
		logger.info("Order {}: done", order.id());
	}

}
