package io.github.pgdispatch.samples.orders;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.stereotype.Component;

/**
 * Sends messages. This one only tells the console, and fails in each first attempt.
 */
@Component
class Mailer {

	private static final Logger logger = LoggerFactory.getLogger(Mailer.class);

	void confirm(Order order, Receipt receipt, int attempt) {
		if (attempt == 1) {
			throw new IllegalStateException("The mail server is not there");
		}
		logger.info("Order {}: \"Thank you, {}! Your receipt is {}\"", order.id(), order.customer(), receipt.number());
	}

	void survey(Order order) {
		logger.info("Order {}: \"How do you like {}, {}?\"", order.id(), order.item(), order.customer());
	}

}
