package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Reads the texts of an annotation, which may contain placeholders and expressions.
 */
final class AttributeReader {

	private final Method method;

	private final ConfigurableBeanFactory beanFactory;

	/**
	 * Creates a reader.
	 * @param method the method, to whose arguments expressions may refer
	 * @param beanFactory resolves placeholders, and beans in expressions
	 */
	AttributeReader(Method method, ConfigurableBeanFactory beanFactory) {
		this.method = method;
		this.beanFactory = beanFactory;
	}

	/**
	 * Reads a duration.
	 * @param name the name of the attribute for messages
	 * @param text the text, which may be empty before or after its placeholders have been
	 * resolved
	 * @return the duration, which is zero or more
	 */
	Attribute<Duration> duration(String name, String text) {
		String resolved = resolve(text);
		if (!StringUtils.hasText(resolved)) {
			return Attribute.constant(null);
		}
		return read(name, resolved, (value) -> (value instanceof Duration duration) ? notNegative(name, text, duration)
				: parse(name, value.toString()), Duration.ofSeconds(1));
	}

	/**
	 * Reads a text.
	 * @param name the name of the attribute for messages
	 * @param text the text; empty if the attribute is not set
	 * @return the text with its placeholders resolved
	 */
	Attribute<String> text(String name, String text) {
		return text.isEmpty() ? Attribute.constant(null) : read(name, resolve(text), Object::toString, name);
	}

	private <T> Attribute<T> read(String name, String resolved, Function<Object, T> conversion, T example) {
		if (!CallExpression.isIn(resolved)) {
			return Attribute.constant(conversion.apply(resolved));
		}
		CallExpression expression = new CallExpression(name, resolved, this.method, this.beanFactory);
		return Attribute.expression((invocation) -> conversion.apply(expression.evaluate(invocation)), example);
	}

	/**
	 * Reads a duration that cannot depend on a call.
	 * @param name the name of the attribute for messages
	 * @param text the text, which may be empty before or after its placeholders have been
	 * resolved
	 * @return the duration, or {@code null} if the attribute is not set
	 */
	@Nullable Duration constantDuration(String name, String text) {
		Attribute<Duration> duration = duration(name, text);
		Assert.isTrue(duration.isConstant(), () -> "The " + name + " must not depend on the call, but is " + text);
		return duration.resolve(null);
	}

	/**
	 * Reads a number that cannot depend on a call.
	 * @param name the name of the attribute for messages
	 * @param text the text, which may be empty before or after its placeholders have been
	 * resolved
	 * @return the number, or {@code null} if the attribute is not set
	 */
	@Nullable Double constantNumber(String name, String text) {
		String resolved = resolve(text);
		try {
			return StringUtils.hasText(resolved) ? Double.valueOf(resolved.strip()) : null;
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException("The " + name + " must be a number, but is " + text, ex);
		}
	}

	private String resolve(String text) {
		String resolved = this.beanFactory.resolveEmbeddedValue(text);
		return (resolved != null) ? resolved : "";
	}

	private static Duration parse(String name, String text) {
		return notNegative(name, text, detectAndParse(name, text.strip()));
	}

	private static Duration detectAndParse(String name, String text) {
		try {
			return DurationFormatterUtils.detectAndParse(text);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("The " + name + " cannot be read: " + ex.getMessage(), ex);
		}
	}

	private static Duration notNegative(String name, String text, Duration duration) {
		Assert.isTrue(!duration.isNegative(), () -> "The " + name + " must not be negative, but is " + text);
		return duration;
	}

}
