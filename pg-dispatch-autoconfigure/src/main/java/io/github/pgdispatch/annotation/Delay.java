package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.ParserContext;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * How long an annotation has its SQL wait.
 */
interface Delay {

	/**
	 * Determines the delay of a call.
	 * @param target that is called
	 * @param arguments of the call
	 * @return the delay
	 */
	Duration resolve(Object target, @Nullable Object[] arguments);

	/**
	 * Reads a delay.
	 * @param text a duration, with placeholders, or an expression
	 * @param method whose arguments an expression may refer to
	 * @param beanFactory resolves placeholders and beans
	 * @return the delay
	 */
	static Delay of(String text, Method method, ConfigurableBeanFactory beanFactory) {
		String resolved = beanFactory.resolveEmbeddedValue(text);
		if (!StringUtils.hasText(resolved)) {
			return (target, arguments) -> Duration.ZERO;
		}
		if (!resolved.contains(ParserContext.TEMPLATE_EXPRESSION.getExpressionPrefix())) {
			Duration duration = parse(resolved);
			return (target, arguments) -> duration;
		}
		Expression expression = expression(resolved);
		BeanFactoryResolver beans = new BeanFactoryResolver(beanFactory);
		DefaultParameterNameDiscoverer names = new DefaultParameterNameDiscoverer();
		return (target, arguments) -> {
			MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(target, method, arguments, names);
			context.setBeanResolver(beans);
			Object value = expression.getValue(context);
			Assert.notNull(value, () -> "The delay " + resolved + " of " + method.toGenericString() + " is null");
			return (value instanceof Duration duration) ? duration : parse(value.toString());
		};
	}

	private static Expression expression(String text) {
		try {
			return new SpelExpressionParser().parseExpression(text, ParserContext.TEMPLATE_EXPRESSION);
		}
		catch (ParseException ex) {
			throw new IllegalArgumentException("The delay " + text + " is no expression: " + ex.getMessage(), ex);
		}
	}

	private static Duration parse(String text) {
		Duration duration = DurationFormatterUtils.detectAndParse(text.strip());
		Assert.isTrue(!duration.isNegative(), () -> "The delay must not be negative, but is " + text);
		return duration;
	}

}
